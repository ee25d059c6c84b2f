import type { DataType, TensorInfo } from '../graph/graph';
import type { InferredShapes } from '../operators/inferShapes';
import type { CostContext } from '../operators/operator';
import type { Work } from '../operators/work';

/** What a network can be tried out in. */
export const ELEMENT_TYPES = ['float32', 'float16', 'int8'] as const satisfies readonly DataType[];
export type ElementType = (typeof ELEMENT_TYPES)[number];

const FLOATS: ReadonlySet<DataType | undefined> = new Set<DataType>(['float64', 'float32', 'float16', 'bfloat16']);

export function isElementType(word: unknown): word is ElementType {
  return ELEMENT_TYPES.some((type) => type === word);
}

/**
 * The same network with elements of another type wherever it has floating-point ones: widths and lanes follow. Integers stay as
 * they are. What a quantised network would do besides (QuantizeLinear, Cast) is not added.
 */
export function withElementType(shapes: InferredShapes, type: ElementType): InferredShapes {
  const retype = <T extends TensorInfo | undefined>(info: T): T =>
    info && FLOATS.has(info.type) ? { ...info, type } : info;
  const context = (own: CostContext): CostContext => ({
    ...own,
    inputs: own.inputs.map(retype),
    outputs: own.outputs.map(retype),
  });
  const work = (own: Work | undefined): Work | undefined =>
    own?.kind !== 'body'
      ? own
      : {
          ...own,
          parts: own.parts.map((part) => ({ ...part, work: work(part.work), context: context(part.context) })),
        };
  return {
    ...shapes,
    infos: new Map(Array.from(shapes.infos, ([name, info]) => [name, retype(info)])),
    context: (node) => context(shapes.context(node)),
    work: (node) => work(shapes.work(node)),
  };
}
