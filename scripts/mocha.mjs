// Runs test bundles in a process of its own, so that a native crash in one suite cannot swallow the others' result.
// Called by test.mjs: the arguments are files, the options come as JSON in EVO_MOCHA, the counts go back by message.
import Mocha from 'mocha';

// By these a run is ended from outside: exit properly, so that a test's VS Code ends too.
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.once(event, () => process.exit(1));

const mocha = new Mocha({
  reporter: 'spec',
  color: process.stdout.isTTY,
  ...JSON.parse(process.env.EVO_MOCHA ?? '{}'),
});
for (const file of process.argv.slice(2)) mocha.addFile(file);
await mocha.loadFilesAsync();
const runner = mocha.run((failures) => {
  const { passes, pending } = runner.stats;
  // Exit even where a test forgot a handle: a hanging run tells nobody which.
  process.send?.({ passed: passes, failed: failures, skipped: pending }, () => process.exit(failures > 0 ? 1 : 0));
});
