/** From what is chosen in the panel to what is differentiated. */
import type { CamBox, CamChange, CamOutputTensor, CamResult, TargetChoice } from '../../src/protocol/camPanel';

/** The choice of a kind for the class that is shown; undefined where more must be given first. */
export function targetOf(
  kind: TargetChoice['kind'],
  result: CamResult,
  compared: readonly number[],
): TargetChoice | undefined {
  const index = result.targetClass;
  switch (kind) {
    case 'class':
    case 'probability':
    case 'residual':
    case 'mask':
      return { kind, index };
    case 'classes':
      return { kind, indices: [...new Set([index, ...compared])] };
    case 'box': {
      const [best] = result.boxes ?? [];
      return best && boxChoice(best, 'class');
    }
    default:
      return undefined;
  }
}

/** A box as it is drawn: the class that its label says, or where it lies. */
export function boxChoice({ anchor, output, class: index }: CamBox, part: 'class' | 'coordinates'): TargetChoice {
  return { kind: 'box', anchor, part, output, ...(part === 'class' && { index }) };
}

/** The same kind of target for another class, where it has one. */
export function forClass(target: TargetChoice | undefined, index: number): CamChange {
  const keeps = target?.kind === 'probability' || target?.kind === 'residual' || target?.kind === 'mask';
  return { classIndex: index, ...(keeps && { target: { kind: target.kind, index } }) };
}

/** `0, 3`: places along the axes. @throws one sentence where it is no place of the output. */
export function elementAt(text: string, { name, shape }: CamOutputTensor): TargetChoice {
  const index = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(Number);
  const fits =
    index.length === shape.length && index.every((at, i) => Number.isInteger(at) && at >= 0 && at < (shape[i] ?? 0));
  if (!fits)
    throw new Error(
      `'${name}' is ${shape.join('×')}: give ${shape.length} numbers from 0, as ${shape.map(() => 0).join(', ')}`,
    );
  return { kind: 'element', output: name, index };
}
