import type { CamChange, CamChoice, TargetChoice } from '../protocol/camPanel';

/** What is kept to open a heat-map panel again; places are URIs. */
export interface CamState extends CamChoice {
  readonly model: string;
  readonly image: string;
  /** The pictures that can be gone through, `image` among them. */
  readonly images?: readonly string[];
  /** Which frame of an animation, from 0. */
  readonly frame?: number;
  /** A mask or boxes to compare the map with. */
  readonly truth?: string;
}

/** The state with other choices; what is null is as if it had never been chosen. */
export function changed(state: CamState, change: CamChange): CamState {
  // A class is a target, too: the one that was chosen last counts.
  const { target: _former, ...withoutTarget } = state;
  const all = { ...(typeof change.classIndex === 'number' ? withoutTarget : state), ...change };
  const { model, image } = state;
  return { ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)), model, image };
}

/** What the panel kept for us: `{ restore: JSON of CamState }`; undefined when it is not ours. */
export function parseState(state: unknown): CamState | undefined {
  if (typeof state !== 'object' || state === null || !('restore' in state)) return undefined;
  if (typeof state.restore !== 'string') return undefined;
  try {
    const saved: unknown = JSON.parse(state.restore);
    return isCamState(saved) ? saved : undefined;
  } catch {
    return undefined;
  }
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isYesNo: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => typeof value === 'number';
const isIndex: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const oneOf =
  (...all: readonly unknown[]): Check =>
  (value) =>
    all.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** Whether a value is an object whose fields are as they should be; others do not matter. */
function isMade(fields: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const own = new Map<string, unknown>(Object.entries(value));
    return Object.entries(fields).every(([name, check]) => check(own.get(name)));
  };
}

const ofClass = isMade({ index: maybe(isIndex) });
const TARGETS: Readonly<Record<TargetChoice['kind'], Check>> = {
  ...{ class: ofClass, probability: ofClass, residual: ofClass },
  classes: isMade({ indices: listOf(isIndex), weights: maybe(listOf(isNumber)) }),
  box: isMade({
    ...{ anchor: isIndex, part: oneOf('class', 'coordinates') },
    ...{ index: maybe(isIndex), output: maybe(isText) },
  }),
  mask: isMade({ index: isIndex, pixels: maybe(listOf(isNumber)) }),
  embedding: isMade({ reference: listOf(isNumber), name: maybe(isText), output: maybe(isText) }),
  element: isMade({ output: isText, index: listOf(isIndex) }),
};
const isTarget: Check = (value) =>
  Object.entries(TARGETS).some(([kind, check]) => isMade({ kind: oneOf(kind) })(value) && check(value));

const FIELDS: { readonly [K in keyof Required<CamState>]: Check } = {
  ...{ model: isText, image: isText, images: maybe(listOf(isText)), frame: maybe(isIndex), truth: maybe(isText) },
  ...{ classIndex: maybe(isIndex), target: maybe(isTarget), layer: maybe(isText), layers: maybe(listOf(isText)) },
  ...{ fuse: maybe(oneOf('mean', 'max', 'product')), method: maybe(isText), mode: maybe(isText) },
  ...{ eigen: maybe(isYesNo), augment: maybe(isYesNo), leak: maybe(isNumber), pooling: maybe(isNumber) },
  channels: maybe((value) => value === 'all' || isNumber(value)),
};

function isCamState(value: unknown): value is CamState {
  return isMade(FIELDS)(value);
}
