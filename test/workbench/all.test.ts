/** Everything in one file, and so in one process: the suites share a VS Code. The first one times its cold start. */
import { closeSharedSession, installedAs } from './driver';
import { appearance } from './suites/appearance';
import { badFiles } from './suites/badFiles';
import { hardwareFiles } from './suites/hardwareFiles';
import { heatMap } from './suites/heatMap';
import { modelRunner } from './suites/modelRunner';
import { profiling } from './suites/profiling';
import { reloading } from './suites/reloading';
import { untrusted } from './suites/untrusted';

describe(`in VS Code, installed from the ${installedAs}`, () => {
  after(closeSharedSession);

  profiling();
  appearance();
  hardwareFiles();
  badFiles();
  heatMap();
  modelRunner();
  reloading();
  untrusted();
});
