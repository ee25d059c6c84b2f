/** Reads our two panels as a user would: through what they show. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { root } from '../shared';
import { eventually, type Session, setValue } from './driver';
import { canvasPixels, decode, energyIn } from './pixels';
import { cam, commands, graph } from './selectors';

export interface ShownNode {
  readonly name: string;
  readonly operator: string;
  /** NaN where the panel shows no time. */
  readonly seconds: number;
  /** 0 to 1. */
  readonly share: number;
}

/** The accessible mirror of the graph, one entry per node. */
export async function shownNodes(panel: FrameLocator): Promise<readonly ShownNode[]> {
  return (await panel.locator(graph.node).allTextContents()).map(parseNode);
}

/** `name, operator, 1.23 ms, 8.9 %`, read from its end: a name may hold commas. */
export function parseNode(text: string): ShownNode {
  const parts = text.split(', ');
  const [share = '', time = '', operator = ''] = parts.slice(-3).reverse();
  return { name: parts.slice(0, -3).join(', '), operator, seconds: parseSeconds(time), share: parseFloat(share) / 100 };
}

export function parseSeconds(text: string): number {
  const match = /([\d.,]+)\s*(ns|µs|ms|s)\b/.exec(text);
  const size = { ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1 }[match?.[2] ?? ''] ?? Number.NaN;
  return Number(match?.[1]?.replaceAll(',', '')) * size;
}

export interface Layer {
  readonly name: string;
  readonly operator: string;
  readonly cycles: number | null;
  readonly seconds: number | null;
}

/** What the command line says of the same model on the same hardware. */
export function profileByCommandLine(model: string, hardware: string): readonly Layer[] {
  const args = [path.join(root, 'dist/cli.js'), 'profile', model, '--hardware', hardware, '--format', 'json'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })).layers;
}

/** The drop-down's choices: a preset's name as its value, and what people read. */
export async function hardwareChoices(panel: FrameLocator): Promise<readonly { value: string; label: string }[]> {
  const options = await panel.locator(`${graph.hardware} option, ${graph.hardware} vscode-option`).all();
  return Promise.all(
    options.map(async (option) => ({
      value: (await option.getAttribute('value')) ?? '',
      label: ((await option.textContent()) ?? '').trim(),
    })),
  );
}

export function chosenHardware(panel: FrameLocator): Promise<string> {
  return panel.locator(graph.hardware).evaluate((element: { value: string }) => element.value);
}

/** Moves the mouse down the drawn graph, column by column, until a layer answers with its hover card. */
export async function hoverSomeLayer(session: Session, panel: FrameLocator): Promise<string> {
  const box = await panel.locator(graph.canvas).first().boundingBox();
  if (!box) throw new Error('the graph is not visible');
  const card = panel.locator(graph.hoverCard);
  for (const column of [0.5, 0.4, 0.6, 0.3, 0.7]) {
    for (let y = 20; y < box.height - 20; y += 14) {
      await session.page.mouse.move(box.x + box.width * column, box.y + y);
      await session.page.waitForTimeout(60);
      if (await card.isVisible()) return (await card.textContent()) ?? '';
    }
  }
  throw new Error('no layer answered to the mouse');
}

/** Shows the heat map for the active or only model, answering what is asked; the heat map's panel. */
export async function showGradCam(session: Session, answers: readonly string[]): Promise<FrameLocator> {
  await session.run(commands.showGradCam);
  return camPanel(session, answers);
}

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
  const opacity = panel.locator(cam.opacity);
  // A slider may count in parts or in percent: its far end is "all map" either way.
  await setValue(opacity, (await opacity.getAttribute('max')) ?? '1');
}

export function classOption(panel: FrameLocator, name: string): Locator {
  return panel.locator(cam.class, { hasText: new RegExp(`\\b${name}\\b`) }).first();
}

/** The probability that the class list shows, 0 to 1. */
export async function shownProbability(option: Locator): Promise<number> {
  const text = (await option.textContent()) ?? '';
  const [number = Number.NaN] = (text.match(/\d*\.?\d+(?=\s*%?\s*$)/) ?? []).map(Number);
  return /%\s*$/.test(text) ? number / 100 : number;
}

/** How the map's energy is divided between two objects. */
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
  await classOption(panel, name).click();
  return eventually(
    () => energies(panel, masks),
    ([own, other]) => own > other,
    `the map for ${name} lies on its object (energy on it, on the other)`,
  );
}
