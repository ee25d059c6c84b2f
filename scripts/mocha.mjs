// Runs test bundles one after the other in a process of its own, so that a native crash in one cannot swallow the others'
// results. Called by test.mjs: files come by message, the options as JSON in EVO_MOCHA. When a file is done its counts go back
// by message, and a NUL on standard output says that everything was printed.
import Mocha from 'mocha';

// By these a run is ended from outside: exit properly, so that a test's VS Code ends too.
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.once(event, () => process.exit(1));

process.on('message', async (file) => {
  const mocha = new Mocha({ reporter: 'spec', ...JSON.parse(process.env.EVO_MOCHA ?? '{}') });
  mocha.addFile(file);
  await mocha.loadFilesAsync();
  const runner = mocha.run((failures) => {
    const { passes, pending } = runner.stats;
    runner.dispose();
    mocha.dispose();
    process.send?.({ passed: passes, failed: failures, skipped: pending });
    process.stdout.write('\0');
  });
});
