/** Reads our two panels as a user would: through what they show. */
import type { FrameLocator, Locator } from 'playwright-core';
import { eventually, type Session, setValue, textOf } from './driver';
import { canvasPixels, decode, energyIn } from './pixels';
import { cam, commands, graph } from './selectors';

export interface ShownLayer {
  readonly name: string;
  readonly operator: string;
  /** What is said of its cost where no time is: `free`, `unknown`, `fused into conv1`. */
  readonly state: string;
  /** NaN where the panel shows no time. */
  readonly seconds: number;
  /** 0 to 1; NaN where the panel shows none. */
  readonly share: number;
}

const INPUT_OR_OUTPUT = /, (Input|Output), [^,]*$/;
const LAYER =
  /^(?<name>.*), (?<operator>[^,]+), (?:(?<time>[\d.,]+ \S+), (?<share>[^,]+ %)|(?<state>free|unknown|fused into .*))$/s;

/** The accessible mirror of the graph has one entry per node: these are the layers among them. */
export async function shownLayers(panel: FrameLocator): Promise<readonly ShownLayer[]> {
  const entries = await panel.locator(graph.node).allTextContents();
  return entries.filter((text) => !INPUT_OR_OUTPUT.test(text)).map(parseLayer);
}

function parseLayer(text: string): ShownLayer {
  const parts = LAYER.exec(text)?.groups;
  if (!parts) throw new Error(`not the text of a layer: ${text}`);
  const { name = '', operator = '', state = '', time = '', share = '' } = parts;
  return { name, operator, state, seconds: parseSeconds(time), share: parseFloat(share) / 100 };
}

export function parseSeconds(text: string): number {
  return parseQuantity(text, { ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1 });
}

/** `39.8 k`, with a unit behind or not. */
export function parseCount(text: string): number {
  return parseQuantity(text, { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 });
}

function parseQuantity(text: string, sizes: Readonly<Record<string, number>>): number {
  const match = /^([\d.,]+)\s*(\S*)/.exec(text);
  return Number(match?.[1]?.replaceAll(',', '')) * (sizes[match?.[2] ?? ''] ?? Number.NaN);
}

/** A column of the table of layers by the layers' names, as text. Shows the table, then the graph again. */
export async function tableColumn(panel: FrameLocator, column: string): Promise<ReadonlyMap<string, string>> {
  await panel.locator(graph.layersTab).click();
  const cells = (name: string) => panel.locator(`${graph.tableRow} .c-${name}`).allTextContents();
  const names = await eventually(
    () => cells('name'),
    (all) => all.length > 0,
    'the table of layers has rows',
  );
  const texts = await cells(column);
  await panel.locator(graph.graphTab).click();
  return new Map(names.map((name, i) => [name, texts[i] ?? '']));
}

/** The drop-down's choices: a preset's name as its value, and what people read. */
export async function hardwareChoices(panel: FrameLocator): Promise<readonly { value: string; label: string }[]> {
  const options = await panel.locator(`${graph.hardware} option`).all();
  return Promise.all(
    options.map(async (option) => ({
      value: (await option.getAttribute('value')) ?? '',
      label: (await textOf(option)).trim(),
    })),
  );
}

export function chosenHardware(panel: FrameLocator): Promise<string> {
  return panel.locator(graph.hardware).evaluate((element: { value: string }) => element.value);
}

/** Chooses the hardware whose label matches and waits until the totals are predicted for it; answers its value. */
export async function chooseHardware(panel: FrameLocator, label: RegExp): Promise<string> {
  const choices = await hardwareChoices(panel);
  const choice = choices.find((one) => label.test(one.label));
  if (!choice) throw new Error(`no ${label} among ${choices.map((one) => one.label).join(', ')}`);
  await setValue(panel.locator(graph.hardware), choice.value);
  await panel.locator(graph.totals, { hasText: label }).waitFor();
  return choice.value;
}

/** The latency of the whole model, and what it was before anything was tried out. */
export async function shownTotals(panel: FrameLocator): Promise<{ readonly preset: number; readonly now: number }> {
  const [, first = '', second = first] =
    /^([\d.,]+ \S+)(?: → ([\d.,]+ \S+))?/.exec((await textOf(panel.locator(graph.totals))).trim()) ?? [];
  return { preset: parseSeconds(first), now: parseSeconds(second) };
}

/** The value at which a slider of the drawer stands, as screen readers say it. */
export async function knobValue(panel: FrameLocator, key: string): Promise<number> {
  const text = (await panel.locator(`${graph.knob(key)} input[type=range]`).getAttribute('aria-valuetext')) ?? '';
  return parseQuantity(text, { '': 1, MHz: 1e6, GHz: 1e9 });
}

/** Name of the selected layer, as the graph has it. */
export async function selectedName(panel: FrameLocator): Promise<string> {
  const [name = ''] = (await textOf(panel.locator(graph.selected))).split(', ');
  return name;
}

/** Moves the mouse down the middle of the drawn graph until a layer answers with its hover card. */
export async function hoverSomeLayer(session: Session, panel: FrameLocator): Promise<string> {
  const box = await panel.locator(graph.canvas).first().boundingBox();
  if (!box) throw new Error('the graph is not visible');
  // A group's card begins with that word.
  const card = panel.locator(graph.hoverCard, { hasText: 'cycles', hasNotText: /^Group/ });
  for (const column of [0.5, 0.4, 0.6]) {
    for (let y = 20; y < box.height - 20; y += 20) {
      await session.page.mouse.move(box.x + box.width * column, box.y + y);
      const shown = await card.waitFor({ timeout: 400 }).then(
        () => true,
        () => false,
      );
      if (shown) return textOf(card);
    }
  }
  throw new Error('no layer answered to the mouse');
}

/** Shows the heat map for the active or only model, answering what is asked; the heat map's panel. */
export async function showGradCam(session: Session, answers: readonly string[]): Promise<FrameLocator> {
  await session.run(commands.showGradCam);
  return camPanel(session, answers);
}

/** Answers what is asked until the heat map is there. */
export async function camPanel(session: Session, answers: readonly string[]): Promise<FrameLocator> {
  let panel: FrameLocator | undefined;
  const ready = async (): Promise<boolean> => {
    panel = await session.webviewNow(cam.class);
    return panel !== undefined;
  };
  await session.pickUntil(ready, answers);
  if (!panel) throw new Error('no heat map');
  return panel;
}

/** Shows the map alone in shades of grey, so that the canvas's pixels are the map's values. */
export async function showMapAlone(panel: FrameLocator): Promise<void> {
  await setValue(panel.locator(cam.colorMap), 'grey');
  await setValue(panel.locator(cam.opacity), '1');
}

/** The class of that name, or number. */
export function classOption(panel: FrameLocator, name: string): Locator {
  return panel.locator(cam.class, { hasText: new RegExp(`\\b(${name})\\b`) }).first();
}

/** Chooses the class and waits until the map is its. */
export async function chooseClass(panel: FrameLocator, name: string): Promise<void> {
  const option = classOption(panel, name);
  const index = await option.getAttribute('data-class');
  await option.click();
  await panel.locator(`${cam.root}[data-class="${index}"]`).waitFor();
}

/** The probability that the class list shows, 0 to 1. */
export async function shownProbability(option: Locator): Promise<number> {
  return Number(/([\d.]+) %$/.exec(await textOf(option))?.[1]) / 100;
}

/** How the map's energy is divided between two objects, given by their masks. */
export async function energies(panel: FrameLocator, masks: readonly [string, string]): Promise<[number, number]> {
  const map = await canvasPixels(panel.locator(cam.overlay));
  const [first, second] = await Promise.all(masks.map(async (mask) => energyIn(map, await decode(mask, map))));
  return [first ?? 0, second ?? 0];
}

/** Chooses the class and waits until its object (the first mask) has more of the map than the other. */
export async function expectEnergyOn(
  panel: FrameLocator,
  name: string,
  masks: readonly [string, string],
): Promise<[number, number]> {
  await chooseClass(panel, name);
  return eventually(
    () => energies(panel, masks),
    ([own, other]) => own > other,
    `the map for ${name} lies on its object (energy on it, on the other)`,
  );
}
