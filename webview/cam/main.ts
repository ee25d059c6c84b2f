/** The heat-map panel: shows what the host explains, and asks it for other classes and layers. */
import type { CamChoice, CamHost, CamOpening, CamPanel, CamResult, Picture } from '../../src/protocol/camPanel';
import { connect, errorMessage } from '../../src/protocol/rpc';
import { h } from '../dom';
import { button } from '../toolkit';
import { hostPort, vscode } from '../vscode';
import { classList } from './classList';
import { controls } from './controls';
import { facts, pngName } from './facts';
import { advice, errorBar, progressBar } from './notices';
import { DEFAULT_VIEW, type PanelView, parseState, withHostView } from './savedState';
import { stage } from './stage';

/** Choices are sent to the host when they have been at rest for this long. */
const REST_MS = 300;

const saved = parseState(vscode.getState());
let view: PanelView = saved?.view ?? DEFAULT_VIEW;
let restore = '';
let picture: Picture | undefined;
let result: CamResult | undefined;
/** Counts what was asked of the host: an answer to an older question is dropped. */
let asked = 0;

const panel: CamPanel = {
  show: (opening) => {
    asked++;
    showOpening(opening);
  },
  progress: (message) => progress.show(message),
  showError: (message) => fail(message),
};
const { remote } = connect<CamHost>(hostPort, panel);

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
const classes = classList((classIndex) => ask({ classIndex }));
const settings = controls({ chooseLayer: (layer) => ask({ layer }), chooseMethod: (choice) => ask(choice), change });
const saveButton = button('Save PNG…', save);
saveButton.id = 'cam-save';
const figures = stage();
const title = h('h1');
const details = h('dl', { id: 'cam-facts' });
const content = h(
  'div',
  { class: 'content', hidden: true },
  h(
    'header',
    {},
    title,
    saveButton,
    button('Change image…', () => tell(remote.pickImage())),
    button('Change model…', () => tell(remote.pickModel())),
  ),
  hints.element,
  h('div', { class: 'columns' }, classes.element, h('main', {}, settings.element, figures.element), details),
);
const root = h('div', { id: 'cam' }, progress.element, error.element, content);
document.getElementById('app')?.append(root);

void open();

async function open(): Promise<void> {
  progress.show('Opening…');
  const question = ++asked;
  try {
    const opening = await remote.ready();
    if (!opening || question !== asked) return;
    const choice = chosenBefore(opening);
    if (choice) {
      adopt(opening);
      await ask(choice);
    } else {
      showOpening(opening);
    }
  } catch (reason) {
    if (question === asked) fail(errorMessage(reason));
  }
}

async function ask(choice: CamChoice): Promise<void> {
  const question = ++asked;
  error.hide();
  progress.show('Running the model…');
  try {
    const answer = await remote.select(choice);
    if (question === asked) showResult(answer);
  } catch (reason) {
    if (question === asked) fail(errorMessage(reason));
  }
}

/** After Reload Window the host opens what it knows; what was chosen later is the panel's to repeat. */
function chosenBefore({ restore: opened, result: { targetClass, ...shown } }: CamOpening): CamChoice | undefined {
  if (saved?.restore !== opened) return undefined;
  const { classIndex, layer, method, eigen } = saved;
  const same = classIndex === targetClass && layer === shown.layer && method === shown.method && eigen === shown.eigen;
  return same ? undefined : { classIndex, layer, method, eigen };
}

function showOpening(opening: CamOpening): void {
  adopt(opening);
  showResult(opening.result);
}

function adopt(opening: CamOpening): void {
  if (!saved && !picture) view = withHostView(view, opening.view);
  ({ picture, restore } = opening);
}

function showResult(next: CamResult): void {
  result = next;
  progress.hide();
  error.hide();
  content.hidden = false;
  draw();
  classes.show(next);
  title.textContent = `${next.methodTitle}: ${next.modelName} on ${next.imageName}`;
  details.replaceChildren(...facts(next).flatMap(({ label, value }) => [h('dt', {}, label), h('dd', {}, value)]));
  details.append(
    h(
      'dd',
      {},
      button('Change preprocessing…', () => tell(remote.pickPreprocessing())),
    ),
  );
  root.setAttribute('data-class', String(next.targetClass));
  root.setAttribute('data-layer', next.layer);
  root.setAttribute('data-method', next.method);
  root.setAttribute('data-ready', String(asked));
}

function draw(): void {
  if (!picture || !result) return;
  figures.show(picture, result, view);
  settings.show(result, view);
  hints.show(result, view.signed);
  const { targetClass: classIndex, layer, method, eigen } = result;
  vscode.setState({ restore, classIndex, layer, method, eigen, view });
}

let remembering: ReturnType<typeof setTimeout> | undefined;
let frame = 0;

function change(part: Partial<PanelView>): void {
  view = { ...view, ...part };
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(draw);
  clearTimeout(remembering);
  remembering = setTimeout(() => tell(remote.remember({ opacity: view.opacity, colorMap: view.colorMap })), REST_MS);
}

function save(): void {
  const shown = result;
  if (!shown) return;
  figures.canvas.toBlob((blob) => {
    if (!blob) fail('The picture could not be encoded.');
    else tell(blob.arrayBuffer().then((bytes) => remote.savePng(pngName(shown), new Uint8Array(bytes))));
  }, 'image/png');
}

function fail(message: string): void {
  progress.hide();
  error.show(message);
}

/** For requests whose only answer is that they failed. */
function tell(request: Promise<unknown>): void {
  request.catch((reason: unknown) => fail(errorMessage(reason)));
}
