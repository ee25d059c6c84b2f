import type { TargetChoice } from '../protocol/camPanel';
import type { CamTarget, ReadNumbers, TargetPlan } from './camTarget';
import { boxTarget } from './targets/boxTarget';
import { classesTarget } from './targets/classesTarget';
import { classTarget } from './targets/classTarget';
import { elementTarget } from './targets/elementTarget';
import { embeddingTarget } from './targets/embeddingTarget';
import { maskTarget } from './targets/maskTarget';
import { probabilityTarget } from './targets/probabilityTarget';
import { residualTarget } from './targets/residualTarget';

export type { CamTarget, TargetPlan } from './camTarget';

/** Every kind, by the file in src/cam/targets that holds it. */
export const TARGETS = {
  ...{ classTarget, classesTarget, probabilityTarget, residualTarget },
  ...{ maskTarget, boxTarget, embeddingTarget, elementTarget },
};

/** A `TargetKind` that was found by the kind of a choice, and so gets no other choices. */
interface SomeKind {
  readonly kind: TargetChoice['kind'];
  readonly usage: string;
  fits(plan: TargetPlan): boolean;
  parse(text: string, readNumbers: ReadNumbers): Promise<TargetChoice>;
  target(choice: TargetChoice, plan: TargetPlan): CamTarget;
}

const KINDS: readonly SomeKind[] = Object.values(TARGETS);

/** How targets are written in text, for usage: `class:N`. */
export const TARGET_USAGES: readonly string[] = KINDS.map(({ usage }) => usage);

/** What is differentiated. Throws one sentence where the model has no such thing. */
export function camTarget(choice: TargetChoice, plan: TargetPlan): CamTarget {
  return kindNamed(choice.kind).target(choice, plan);
}

/** What a model can be asked for, as far as its shapes tell. */
export function targetKinds(plan: TargetPlan): readonly TargetChoice['kind'][] {
  return KINDS.filter((one) => one.fits(plan)).map(({ kind }) => kind);
}

/** The class that a choice names; undefined where it names none. */
export function classOf(choice: TargetChoice): number | undefined {
  switch (choice.kind) {
    case 'class':
    case 'probability':
    case 'residual':
    case 'mask':
      return choice.index;
    case 'box':
      return choice.part === 'class' ? choice.index : undefined;
    default:
      return undefined;
  }
}

/** The classes whose scores speak for a settled choice, as the model's scores number them; none where it is no class. */
export function aboutClasses(choice: TargetChoice): readonly number[] {
  if (choice.kind === 'classes') {
    const { indices, weights } = choice;
    return [...new Set(indices.filter((_, i) => (weights?.[i] ?? 1) > 0))];
  }
  const index = choice.kind === 'box' ? undefined : classOf(choice);
  return index === undefined ? [] : [index];
}

/** The same choice with the most probable class where it leaves the class open: what is differentiated must not change with the picture. */
export function withClass(choice: TargetChoice, mostProbable: number): TargetChoice {
  switch (choice.kind) {
    case 'class':
    case 'probability':
    case 'residual':
      return { ...choice, index: choice.index ?? mostProbable };
    default:
      return choice;
  }
}

/** Reads `class:5`, `box:17:coordinates`, `element:OUT[0,3]`, … `readNumbers` reads the .npy files they name. */
export async function parseTarget(text: string, readNumbers: ReadNumbers): Promise<TargetChoice> {
  const [, kind = text, rest = ''] = /^([^:]*):(.*)$/.exec(text) ?? [];
  return kindNamed(kind).parse(rest, readNumbers);
}

function kindNamed(kind: string): SomeKind {
  const found = KINDS.find((one) => one.kind === kind);
  if (found) return found;
  throw new Error(`there is no target '${kind}'; choose one of ${KINDS.map((one) => one.kind).join(', ')}`);
}
