/** Everything in one file, and so in one process: the suites share a VS Code. The first one times its cold start. */
import { closeSharedSession, installedAs } from './driver';
import { appearance } from './suites/appearance';
import { badFiles } from './suites/badFiles';
import { charts } from './suites/charts';
import { comparing } from './suites/compare';
import { exportExplained } from './suites/exportExplained';
import { groups } from './suites/groups';
import { hardwareFiles } from './suites/hardwareFiles';
import { heatMap } from './suites/heatMap';
import { heatMapFiles } from './suites/heatMapFiles';
import { heatMapTabs } from './suites/heatMapTabs';
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
  heatMapFiles();
  exportExplained();
  modelRunner();
  reloading();
  if (installedAs === 'vsix') return;
  heatMapTabs();
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
