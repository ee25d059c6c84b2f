/** The heat-map panel: shows what the host explains, and asks it for other classes, layers and methods. */
import type {
  CamBox,
  CamChange,
  CamHost,
  CamOpening,
  CamPanel,
  CamView,
  SaveKind,
  TargetChoice,
} from '../../src/protocol/camPanel';
import { connect, errorMessage } from '../../src/protocol/rpc';
import { h } from '../dom';
import { menuButton } from '../panes/menu';
import { button } from '../toolkit';
import { hostPort, vscode } from '../vscode';
import { classesTab } from './classesTab';
import { classList } from './classList';
import { conceptsTab } from './conceptsTab';
import type { Point } from './contour';
import { controls } from './controls';
import { facts, fileName } from './facts';
import { featuresTab, kernelsTab } from './gridTab';
import { layersTab } from './layersTab';
import { methodsTab } from './methodsTab';
import { metricsTab } from './metricsTab';
import { advice, errorBar, progressBar } from './notices';
import { saliencyTab } from './saliencyTab';
import { DEFAULT_VIEW, type PanelView, parseState, withHostView } from './savedState';
import type { Actions, Scene } from './scene';
import { segmentLegend } from './segmentLegend';
import { segmentAt } from './segments';
import { seriesBar } from './series';
import { stage } from './stage';
import { tabList } from './tabs';
import { boxChoice, forClass } from './targetChoice';
import { viewControls } from './viewControls';

/** What was changed is told to the host, and drawn finely, when it has been at rest for this long. */
const REST_MS = 300;

const saved = parseState(vscode.getState());
let view: PanelView = saved?.view ?? DEFAULT_VIEW;
let restore = saved?.restore ?? '';
let shown: Omit<Scene, 'view'> | undefined;
/** Counts what was asked of the host: an answer to an older question is dropped. */
let asked = 0;

const panel: CamPanel = {
  show: (opening) => {
    asked++;
    showOpening(opening);
  },
  progress: (message, share) => progress.show(message, share),
  showError: (message) => fail(message),
};
const { remote } = connect<CamHost>(hostPort, panel);
const actions: Actions = { host: remote, ask: (change) => void ask(change), change, savePng, during };

const progress = progressBar(() => tell(remote.cancel()));
const error = errorBar(() => {
  error.hide();
  progress.show('Running the model again…');
  tell(remote.retry());
});
const hints = advice({
  pickPreprocessing: () => tell(remote.pickPreprocessing()),
  showSigned: () => change({ signed: true }),
});
const classes = classList({
  choose: (index) => void ask(forClass(shown?.result.target, index)),
  toggle: toggleCompared,
});
const questions = controls({ ask: actions.ask, compared: () => view.compared, pickReference });
const viewing = viewControls(change);
const figures = stage({ chooseBox, choosePlace });
const legend = segmentLegend(explainSegment);
const tabs = tabList(
  [
    layersTab(actions),
    methodsTab(actions),
    classesTab(actions),
    conceptsTab(actions),
    saliencyTab(actions),
    metricsTab(actions),
    featuresTab(actions),
    kernelsTab(actions),
  ],
  (tab) => change({ tab }),
);
const series = seriesBar({ host: remote, go });
const saveMenu = menuButton('Save', { text: 'Save ▾', name: 'Save' }, [
  { label: 'Picture with heat map as PNG…', run: () => void save('png') },
  { label: 'Map as NPY…', run: () => void save('npy') },
  { label: 'Map as CSV…', run: () => void save('csv') },
  { label: 'Report as HTML…', run: () => void save('html') },
  { label: 'All pictures as animated GIF…', fits: () => series.isShown, run: () => void save('gif') },
]);
saveMenu.id = 'cam-save';
const title = h('h1');
const details = h('dl', { id: 'cam-facts' });
const content = h(
  'div',
  { class: 'content', hidden: true },
  h(
    'header',
    {},
    title,
    saveMenu,
    button('Change image…', () => tell(remote.pickImage())),
    button('Several images…', () => tell(remote.pickImages())),
    button('Change model…', () => tell(remote.pickModel())),
  ),
  hints.element,
  h(
    'div',
    { class: 'columns' },
    classes.element,
    h('main', {}, questions.element, viewing.element, series.element, figures.element, legend.element, tabs.element),
    details,
  ),
);
const root = h('div', { id: 'cam' }, progress.element, error.element, content);
document.getElementById('app')?.append(root);

void open();

async function open(): Promise<void> {
  const question = ++asked;
  progress.show('Opening…');
  try {
    const opening = await remote.ready();
    if (opening && question === asked) showOpening(opening);
  } catch (reason) {
    if (question === asked) fail(errorMessage(reason));
  }
}

async function ask(change: CamChange): Promise<void> {
  const question = ++asked;
  error.hide();
  progress.show('Running the model…');
  try {
    const answer = await remote.select(change);
    if (question !== asked || !shown) return;
    restore = answer.restore;
    showScene({ ...shown, result: answer.result });
  } catch (reason) {
    if (question === asked) fail(errorMessage(reason));
  }
}

/** Another picture of the series; whether that went well, and nothing newer was asked meanwhile. */
async function go(answer: Promise<CamOpening>): Promise<boolean> {
  const question = ++asked;
  error.hide();
  try {
    const opening = await answer;
    if (question === asked) showOpening(opening);
  } catch (reason) {
    if (question !== asked) return false;
    fail(errorMessage(reason));
    return false;
  }
  return question === asked;
}

/** For what the tabs ask: the wait is shown unless a newer question has its own. */
async function during<T>(message: string, request: Promise<T>): Promise<T> {
  const question = asked;
  progress.show(message);
  try {
    return await request;
  } finally {
    if (question === asked) progress.hide();
  }
}

function showOpening(opening: CamOpening): void {
  if (!saved && !shown) view = withHostView(view, opening.view);
  restore = opening.restore;
  showScene(opening);
  series.show(opening.series);
}

function showScene({ picture, result }: Omit<Scene, 'view'>): void {
  shown = { picture, result };
  progress.hide();
  error.hide();
  content.hidden = false;
  title.textContent = `${result.methodTitle}: ${result.modelName} on ${result.imageName}`;
  details.replaceChildren(...facts(result).flatMap(({ label, value }) => [h('dt', {}, label), h('dd', {}, value)]));
  details.append(
    h(
      'dd',
      {},
      button('Change preprocessing…', () => tell(remote.pickPreprocessing())),
    ),
  );
  draw();
  root.setAttribute('data-class', String(result.targetClass));
  root.setAttribute('data-layer', result.layer);
  root.setAttribute('data-method', result.method);
  root.setAttribute('data-ready', String(asked));
}

function draw(moving = false): void {
  if (!shown) return;
  const scene: Scene = { ...shown, view };
  figures.show(scene, moving);
  viewing.show(view);
  if (moving) return;
  questions.show(scene.result);
  classes.show(scene.result, view.compared);
  legend.show(scene.result);
  hints.show(scene.result, view.signed);
  tabs.show(scene);
  vscode.setState({ restore, view });
}

let rest: ReturnType<typeof setTimeout> | undefined;
let frame = 0;

/** A slider changes numbers many times a second: drawn coarsely at once, finely and everywhere when it rests. */
function change(part: Partial<PanelView>): void {
  view = { ...view, ...part };
  cancelAnimationFrame(frame);
  clearTimeout(rest);
  const moves = Object.values(part).every((value) => typeof value === 'number');
  frame = requestAnimationFrame(() => draw(moves));
  rest = setTimeout(() => {
    if (moves) draw();
    tell(remote.remember(drawing()));
  }, REST_MS);
}

/** What of the view also concerns files, and the next panel. */
function drawing(): Required<CamView> {
  const { opacity, colorMap, blend } = view;
  return { opacity, colorMap, blend };
}

function toggleCompared(index: number): void {
  const compared = view.compared.includes(index)
    ? view.compared.filter((one) => one !== index)
    : [...view.compared, index];
  change({ compared, tab: 'classes' });
}

function chooseBox(box: CamBox): void {
  const before = shown?.result.target;
  const part = before?.kind === 'box' ? before.part : 'class';
  void ask({ target: boxChoice(box, part) });
}

/** Of a segmenter: the class of the pixel that was clicked. */
function choosePlace(at: Point): void {
  const index = shown && segmentAt(at, shown.picture, shown.result.segments);
  if (index !== undefined) explainSegment(index);
}

function explainSegment(index: number): void {
  void ask({ classIndex: index, target: { kind: 'mask', index } });
}

/** Another picture to compare with; undefined when dismissed, or when it cannot be. */
async function pickReference(): Promise<TargetChoice | undefined> {
  error.hide();
  return remote.pickReference().then(
    (target) => {
      if (!target) progress.hide();
      return target;
    },
    (reason: unknown) => {
      fail(errorMessage(reason));
      return undefined;
    },
  );
}

async function save(kind: SaveKind): Promise<void> {
  if (!shown) return;
  const name = `${fileName(shown.result)}.${kind}`;
  try {
    if (kind !== 'png') {
      const saving = remote.save(kind, name, drawing());
      await during('Preparing the file…', saving);
    } else {
      const blob = await figures.png({ ...shown, view });
      savePng(name, await blob.arrayBuffer());
    }
  } catch (reason) {
    fail(errorMessage(reason));
  }
}

function savePng(name: string, png: ArrayBuffer): void {
  tell(remote.savePng(name, new Uint8Array(png)));
}

function fail(message: string): void {
  progress.hide();
  error.show(message);
}

/** For requests whose only answer is that they failed. */
function tell(request: Promise<unknown>): void {
  request.catch((reason: unknown) => fail(errorMessage(reason)));
}
