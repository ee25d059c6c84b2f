/** What the command line predicts: the panel must show the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameLocator } from 'playwright-core';
import { root } from '../shared';
import { chosenHardware, shownLayers } from './panels';

/** Shown numbers have three significant digits. */
export const DIGITS_TOLERANCE = 0.0051;
/** Shown shares have one decimal: each may be off by half of 0.1 %. */
const SHARE_TOLERANCE = 0.000501;
/** Below this a share is shown as `<0.1 %`. */
const SMALLEST_SHARE = 0.001;

export interface Layer {
  readonly name: string;
  readonly operator: string;
  /** Index of the layer in whose kernel it runs. */
  readonly fusedInto?: number;
  readonly bound: string;
  /** The tile, or why nothing runs or is known. */
  readonly mapping: string;
  /** null is unknown. */
  readonly cycles: number | null;
  readonly seconds: number | null;
}

/** `hardware` is what the panel's drop-down has as its value: a preset's name or a file's URI. */
export function profileByCommandLine(model: string, hardware: string): readonly Layer[] {
  const named = hardware.startsWith('file:') ? fileURLToPath(hardware) : hardware;
  const args = [path.join(root, 'dist/cli.js'), 'profile', model, '--hardware', named, '--format', 'json'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })).layers;
}

/** Every layer of the command line that runs is drawn with its name, its time and its share, or why it has none; and no other is. */
export async function compareWithCommandLine(panel: FrameLocator, model: string): Promise<void> {
  const layers = profileByCommandLine(model, await chosenHardware(panel));
  const shown = await shownLayers(panel);
  const byName = new Map(shown.map((layer) => [`${layer.name}, ${layer.operator}`, layer]));
  const total = layers.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  const drawnLayers = layers.filter((layer) => !isConstant(layer));
  assert.equal(shown.length, drawnLayers.length, 'as many layers are drawn');
  for (const layer of drawnLayers) {
    const name = `${layer.name}, ${layer.operator}`;
    const drawn = byName.get(name);
    assert.ok(drawn, `${name} is among the drawn layers`);
    assert.equal(drawn.state, stateOf(layer, layers), name);
    if (drawn.state !== '' || layer.seconds === null) continue;
    assertClose(drawn.seconds, layer.seconds, `seconds of ${name}`);
    const share = layer.seconds / total;
    if (share < SMALLEST_SHARE) continue;
    assert.ok(Math.abs(drawn.share - share) <= SHARE_TOLERANCE, `${name}: ${drawn.share} of the time, not ${share}`);
  }
}

/** Known before the run: part of the layers that read it, as weights are. */
function isConstant({ operator, bound, mapping }: Layer): boolean {
  return bound === 'free' && (operator === 'Constant' || mapping === 'computed ahead of time');
}

/** As shown, to three digits. */
export function assertClose(shown: number, wanted: number, what: string): void {
  const close = wanted === 0 ? shown === 0 : Math.abs(shown / wanted - 1) < DIGITS_TOLERANCE;
  assert.ok(close, `${what}: ${shown} is shown for ${wanted}`);
}

function stateOf({ fusedInto, seconds, bound }: Layer, layers: readonly Layer[]): string {
  if (seconds === null) return 'unknown';
  if (fusedInto !== undefined) return `fused into ${layers[fusedInto]?.name}`;
  return bound === 'free' ? 'free' : '';
}
