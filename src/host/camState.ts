import type { CamChoice } from '../protocol/camPanel';

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

function isCamState(value: unknown): value is CamState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'model' in value &&
    typeof value.model === 'string' &&
    'image' in value &&
    typeof value.image === 'string'
  );
}
