/** Everything in one file, and so in one process: the suites share a VS Code. The first one times its cold start. */
import { closeSharedSession, installedAs } from './driver';
import { appearance } from './suites/appearance';
import { badFiles } from './suites/badFiles';
import { charts } from './suites/charts';
import { comparing } from './suites/compare';
import { groups } from './suites/groups';
import { hardwareFiles } from './suites/hardwareFiles';
import { heatMap } from './suites/heatMap';
import { largeModels } from './suites/largeModels';
import { modelRunner } from './suites/modelRunner';
import { problems } from './suites/problems';
import { profiling } from './suites/profiling';
import { reading } from './suites/reading';
import { reloading } from './suites/reloading';
import { hardwareSweep } from './suites/sweep';
import { untrusted } from './suites/untrusted';
import { whatIf } from './suites/whatIf';

describe(`in VS Code, installed from the ${installedAs}`, () => {
  after(closeSharedSession);

  // What stands or falls with the files that ship; the rest is the same code from either place, and is tried once.
  profiling();
  hardwareSweep();
  hardwareFiles();
  problems();
  heatMap();
  modelRunner();
  reloading();
  if (installedAs === 'vsix') return;
  appearance();
  whatIf();
  charts();
  groups();
  reading();
  comparing();
  badFiles();
  largeModels();
  untrusted();
});
