import type { Model } from '../graph/graph';
import type { InferredShapes } from '../operators/inferShapes';

/** The newest operator set (of ai.onnx) whose operators are known here. */
const NEWEST_OPSET = 24;
/** More of a kind are counted, not listed. */
const MOST_PROBLEMS = 4;

/** A few sentences on what the numbers for a model do not cover. */
export function warningsOf(model: Model, shapes: InferredShapes): readonly string[] {
  const problems = shapes.problems.map(({ node, message }) => `${node.operator} ${node.name}: ${message}`);
  const more = problems.length - MOST_PROBLEMS;
  return [
    ...opsetWarning(model),
    ...weightWarning(model),
    ...problems.slice(0, MOST_PROBLEMS),
    ...(more > 0 ? [`… and ${more} more of the kind`] : []),
  ];
}

function opsetWarning({ opsets }: Model): readonly string[] {
  const opset = opsets.get('') ?? opsets.get('ai.onnx') ?? 0;
  if (opset <= NEWEST_OPSET) return [];
  return [
    `opset ${opset} is newer than ${NEWEST_OPSET}, the newest one known here: what has changed since is not heeded`,
  ];
}

function weightWarning({ graph }: Model): readonly string[] {
  const [first, ...others] = [...graph.constants.values()].flatMap(({ name, location }) =>
    location.kind === 'missing' ? [`${name}: ${location.reason}`] : [],
  );
  if (first === undefined) return [];
  const more = others.length === 1 ? 'one more weight' : `${others.length} more weights`;
  return [others.length > 0 ? `${first} (and ${more})` : first];
}
