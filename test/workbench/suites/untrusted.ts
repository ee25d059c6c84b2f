/** A workspace that is not trusted: everything static works, running a model says why not, and trust lifts it. */
import assert from 'node:assert/strict';
import { compareWithCommandLine } from '../commandLine';
import { describeInWorkbench } from '../driver';
import { camPanel } from '../panels';
import { commands, graph, vscode } from '../selectors';
import { MODEL, PICTURE } from '../workspace';

export function untrusted(): void {
  describeInWorkbench(
    'an untrusted workspace',
    (vs) => {
      it('shows the graph and its prediction', async () => {
        const { panel } = await vs().profile(MODEL);
        await compareWithCommandLine(panel, vs().file(MODEL));
      });

      it('says why models cannot run', async () => {
        await vs().run(commands.showGradCam);
        assert.match(await vs().toast(/untrusted workspace/), /trust it/);
        const panel = await vs().webview(graph.painted);
        const button = panel.locator(graph.showGradCam);
        assert.match((await button.getAttribute('title')) ?? '', /untrusted workspace/);
        await panel.locator(`${graph.showGradCam}[disabled]`).waitFor();
        assert.deepEqual(vs().processes('runtimeChild'), []);
      });

      it('lets them run once it is trusted', async () => {
        await vs().run('Workspaces: Manage Workspace Trust');
        await vs().page.locator(vscode.trustButton).click();
        await vs().run('View: Close Editor');
        const panel = await vs().webview(graph.painted);
        await panel.locator(`${graph.showGradCam}:not([disabled])`).click();
        await camPanel(vs(), [PICTURE]);
      });
    },
    { 'security.workspace.trust.enabled': true },
  );
}
