import type { Graph, Node } from '../../graph/graph';
import { elementCount } from '../../graph/graph';
import { tensorsRead } from '../../graph/scope';
import type { InferredShapes } from '../../operators/inferShapes';

/**
 * Who makes and who reads each tensor when the network runs. Views (Reshape, Identity …) are seen through: a tensor and its views are
 * one, made by whoever makes it and read by whoever reads one of them. Nodes that are computed ahead of time read nothing.
 */
export class GraphIndex {
  readonly shapes: InferredShapes;
  private readonly makers = new Map<string, Node>();
  private readonly direct = new Map<string, (Node | undefined)[]>();
  private readonly seen = new Map<string, readonly (Node | undefined)[]>();

  constructor(graph: Graph, shapes: InferredShapes) {
    this.shapes = shapes;
    for (const node of graph.nodes) for (const name of node.outputs) this.makers.set(name, node);
    for (const node of graph.nodes) {
      if (this.isAhead(node)) continue;
      for (const name of new Set(tensorsRead(node))) this.addReader(name, node);
    }
    for (const { name } of graph.outputs) this.addReader(name, undefined);
  }

  isConstant(tensor: string): boolean {
    return this.shapes.constants.has(tensor);
  }

  /** Whether a node does nothing but pass all elements of its first input on under another name or shape. */
  isView(node: Node): boolean {
    if (this.shapes.work(node)?.kind !== 'free' || this.isAhead(node)) return false;
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    const others = node.outputs.slice(1);
    return !this.isConstant(input) && this.sameSize(input, output) && others.every((name) => !this.direct.has(name));
  }

  sameSize(a: string, b: string): boolean {
    const size = elementCount(this.shapes.infos.get(a)?.shape);
    return size !== undefined && size === elementCount(this.shapes.infos.get(b)?.shape);
  }

  /** The tensor that this one is a view of. */
  origin(tensor: string): string {
    let name = tensor;
    for (let maker = this.makers.get(name); maker && this.isView(maker); maker = this.makers.get(name)) {
      name = maker.inputs[0] ?? '';
    }
    return name;
  }

  /** The node that makes a tensor; none for inputs and constants of the file. */
  maker(tensor: string): Node | undefined {
    return this.makers.get(this.origin(tensor));
  }

  /** Readers of a tensor and of its views; undefined stands for who reads an output of the model. */
  readers(tensor: string): readonly (Node | undefined)[] {
    const known = this.seen.get(tensor);
    if (known) return known;
    const readers = (this.direct.get(tensor) ?? []).flatMap((node) =>
      node && this.isView(node) ? this.readers(node.outputs[0] ?? '') : [node],
    );
    const distinct = [...new Set(readers)];
    this.seen.set(tensor, distinct);
    return distinct;
  }

  private isAhead({ outputs }: Node): boolean {
    return outputs.every((name) => name === '' || this.isConstant(name));
  }

  private addReader(tensor: string, reader: Node | undefined): void {
    const known = this.direct.get(tensor);
    if (known) known.push(reader);
    else this.direct.set(tensor, [reader]);
  }
}

/** The one output of a node that has no other. */
export function onlyOutput(node: Node): string | undefined {
  const outputs = node.outputs.filter((name) => name !== '');
  return outputs.length === 1 ? outputs[0] : undefined;
}
