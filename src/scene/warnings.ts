import type { Model } from '../graph/graph';
import { type Hardware, isFounding } from '../hardware/hardware';
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
    ...zeroSizes(model, shapes),
    ...problems.slice(0, MOST_PROBLEMS),
    ...(more > 0 ? [`… and ${more} more of the kind`] : []),
  ];
}

/** That the words of a hardware have a width of their own, whatever the network's element type; undefined where they have none. */
export function ownPrecision(hardware: Hardware): string | undefined {
  const { name } = hardware;
  if (isFounding(hardware)) return `${name} counts words of 32 bit in the founding mode`;
  if (hardware.engine === 'multicore') return undefined;
  // With a bandwidth it also times other layers, by their bytes.
  if (hardware.engine === 'scale-sim' && hardware.mem_bandwidth !== undefined) return undefined;
  if (hardware.engine === 'scale-sim') return `${name} counts multiply-accumulates, whatever their width`;
  const { input, weight, output }: { input?: number; weight?: number; output?: number } = {
    ...(hardware.engine === 'nvdla' && { output: hardware.precision.input }),
    ...hardware.precision,
  };
  if (input === undefined || weight === undefined || output === undefined) return undefined;
  return `${name} computes in ${[...new Set([input, weight])].join(' × ')} bit, as its 'precision' says`;
}

/** Sizes of 0 in the file: ONNX allows them, exporters mean that any size will do. */
function zeroSizes({ graph }: Model, { infos }: InferredShapes): readonly string[] {
  return graph.inputs.flatMap(({ name, shape = [] }) => {
    if (graph.constants.has(name)) return [];
    return shape.flatMap((dim, axis) => {
      if (dim !== 0) return [];
      const taken = infos.get(name)?.shape?.[axis];
      const as = typeof taken === 'number' ? `it is taken as ${taken}` : 'it is taken as open';
      return [`the file gives ${name}[${axis}] the size 0, and nothing can be said of an empty tensor: ${as}`];
    });
  });
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
