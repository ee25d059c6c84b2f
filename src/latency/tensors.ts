import type { TensorInfo } from '../graph/graph';
import { tensorsRead } from '../graph/scope';
import type { FusedKernel } from './fusion/fuse';
import type { GraphIndex } from './fusion/graphIndex';
import type { Read, Run } from './plan';

/** Numbers the tensors that kernels hand to one another. */
export class Tensors {
  readonly all: { readonly name: string; readonly info: TensorInfo }[] = [];
  private readonly index: GraphIndex;
  private readonly numbers = new Map<string, number>();

  constructor(index: GraphIndex) {
    this.index = index;
  }

  operandsOf(kernel: FusedKernel): Pick<Run, 'reads' | 'writes'> {
    const { context, fused, work, nodes } = kernel;
    const last = fused.at(-1)?.context ?? context;
    const reads = [
      ...this.readsOf(context.node.inputs, (input) => roleOf(work, input)),
      ...fused.flatMap(({ context: { node }, handed }) =>
        this.readsOf(
          node.inputs.filter((name) => name !== handed),
          () => 'epilogue',
        ),
      ),
    ];
    // What the bodies of control flow take from around them, and nobody can say how often.
    const captured = nodes.flatMap((node) => tensorsRead(node).filter((name) => !node.inputs.includes(name)));
    return {
      reads: [...reads, ...this.readsOf(captured, () => 'other')],
      writes: last.node.outputs.flatMap((name) =>
        name === '' ? [] : [{ tensor: this.numberOf(name), leaves: this.index.readers(name).includes(undefined) }],
      ),
    };
  }

  private readsOf(names: readonly string[], role: (input: number) => Read['role']): readonly Read[] {
    return names.flatMap((name, input): Read[] => {
      if (name === '' || this.index.isConstant(name) || names.indexOf(name) < input) return [];
      return [{ tensor: this.numberOf(this.index.origin(name)), role: role(input) }];
    });
  }

  private numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.all.length);
    this.all.push({ name, info: this.index.shapes.infos.get(name) ?? {} });
    return this.all.length - 1;
  }
}

function roleOf(work: FusedKernel['work'], input: number): Read['role'] {
  if (work?.kind !== 'loopNest') return 'input';
  if (input === 0) return 'input';
  return work.nest.dynamicWeights && (input === 1 || input === 3) ? 'second' : 'other';
}
