/** Where in a model the reader is: its own graph, or one inside of a node of it, or inside of that. */
import { type Model, type Node, nodeLabel } from '../graph/graph';
import { type ElementType, withElementType } from '../latency/elementType';
import { type InferredShapes, inferShapes } from '../operators/inferShapes';
import type { GraphOpening } from '../protocol/graphPanel';
import { bodiesOf, bodyModel } from '../scene/bodies';

/** One node entered. It is found again by its name and operator, which outlive a new export of the file. */
interface Step {
  readonly node: Pick<Node, 'id' | 'operator'> & { readonly label: string };
  readonly body: number;
  readonly label: string;
}

export class GraphPath {
  #steps: readonly Step[] = [];

  /** Of each graph from the outermost to the one that is shown, the model's own left out. */
  get inside(): GraphOpening['inside'] {
    return this.#steps.map(({ node, label }) => ({ node: node.label, body: label }));
  }

  /** What a reader of the graph shown has to know. */
  get warnings(): readonly string[] {
    return this.#steps.length === 0 ? [] : ['This graph is inside of a node: all costs are of running it once.'];
  }

  enter(node: Node, body: number, label: string): void {
    const { id, operator } = node;
    this.#steps = [...this.#steps, { node: { id, operator, label: nodeLabel(node) }, body, label }];
  }

  leave(depth: number): void {
    this.#steps = this.#steps.slice(0, depth);
  }

  /** The graph shown as a model of its own. A step that the model has no more is left, and all inside of it. */
  follow(
    whole: Model,
    outer: InferredShapes,
    elementType: ElementType | undefined,
  ): { readonly model: Model; readonly shapes: InferredShapes } {
    let [model, shapes] = [whole, outer];
    for (const [depth, { node: wanted, body, label }] of this.#steps.entries()) {
      const isIt = (node: Node) => nodeLabel(node) === wanted.label && node.operator === wanted.operator;
      const same = model.graph.nodes[wanted.id];
      const node = same && isIt(same) ? same : model.graph.nodes.find(isIt);
      const inside = node && bodiesOf(node, model)[body];
      if (!inside || inside.label !== label) {
        this.leave(depth);
        break;
      }
      model = bodyModel(model, shapes, node, inside);
      const inner = inferShapes(model);
      shapes = elementType ? withElementType(inner, elementType) : inner;
    }
    return { model, shapes };
  }
}
