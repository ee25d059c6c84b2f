/** What the command line predicts: the panel must show the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameLocator } from 'playwright-core';
import { root } from '../shared';
import { eventually } from './driver';
import { chosenHardware, type ShownLayer, shownLayers } from './panels';

/** Shown numbers have three significant digits. */
const DIGITS_TOLERANCE = 0.0051;
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
  readonly flops: number | null;
  /** By operand. */
  readonly offChipBytes: Readonly<Record<string, number>> | null;
}

/**
 * `hardware` is what the panel's drop-down has as its value: a preset's name or a file's URI. `options` are further ones
 * of the command line, e.g. `--set frequency=1e9`.
 */
export function profileByCommandLine(
  model: string,
  hardware: string,
  options: readonly string[] = [],
): readonly Layer[] {
  return JSON.parse(runCommandLine('profile', model, hardware, ['--format', 'json', ...options])).layers;
}

/** What a command prints. */
export function runCommandLine(command: string, model: string, hardware: string, options: readonly string[]): string {
  const named = hardware.startsWith('file:') ? fileURLToPath(hardware) : hardware;
  const args = [path.join(root, 'dist/cli.js'), command, model, '--hardware', named, ...options];
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

export function totalSeconds(layers: readonly Layer[]): number {
  return layers.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
}

/**
 * Waits until every layer of the command line that runs is drawn with its name, its time and its share, or why it has
 * none, and no other is.
 */
export async function compareWithCommandLine(
  panel: FrameLocator,
  model: string,
  options: readonly string[] = [],
): Promise<void> {
  const layers = profileByCommandLine(model, await chosenHardware(panel), options);
  await eventually(
    async () => differences(await shownLayers(panel), layers),
    (found) => found.length === 0,
    'the panel shows what the command line predicts',
  );
}

function differences(shown: readonly ShownLayer[], layers: readonly Layer[]): readonly string[] {
  const byName = new Map(shown.map((layer) => [`${layer.name}, ${layer.operator}`, layer]));
  const total = totalSeconds(layers);
  const drawnLayers = layers.filter((layer) => !isConstant(layer));
  const found = shown.length === drawnLayers.length ? [] : [`${shown.length} layers, not ${drawnLayers.length}`];
  for (const layer of drawnLayers) {
    const name = `${layer.name}, ${layer.operator}`;
    const drawn = byName.get(name);
    if (drawn?.state !== stateOf(layer, layers)) found.push(`${name} is ${drawn ? drawn.state : 'not drawn'}`);
    if (drawn?.state !== '' || layer.seconds === null) continue;
    const share = layer.seconds / total;
    const wrongShare = share >= SMALLEST_SHARE && !(Math.abs(drawn.share - share) <= SHARE_TOLERANCE);
    if (!isClose(drawn.seconds, layer.seconds)) found.push(`${name}: ${drawn.seconds} s, not ${layer.seconds} s`);
    if (wrongShare) found.push(`${name}: ${drawn.share} of the time, not ${share}`);
  }
  return found;
}

/** Known before the run: part of the layers that read it, as weights are. */
function isConstant({ operator, bound, mapping }: Layer): boolean {
  return bound === 'free' && (operator === 'Constant' || mapping === 'computed ahead of time');
}

/** As shown, to three digits. */
export function assertClose(shown: number, wanted: number, what: string): void {
  assert.ok(isClose(shown, wanted), `${what}: ${shown} is shown for ${wanted}`);
}

export function isClose(shown: number, wanted: number): boolean {
  return wanted === 0 ? shown === 0 : Math.abs(shown / wanted - 1) < DIGITS_TOLERANCE;
}

function stateOf({ fusedInto, seconds, bound }: Layer, layers: readonly Layer[]): string {
  if (seconds === null) return 'unknown';
  if (fusedInto !== undefined) return `fused into ${layers[fusedInto]?.name}`;
  return bound === 'free' ? 'free' : '';
}
