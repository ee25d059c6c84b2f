import { AppendixBuilder, tensorNames } from '../../autodiff/graphBuilder';
import { downstream, upstream } from '../../autodiff/reach';
import { elementCount, isStatic, type Model, type TensorInfo } from '../../graph/graph';
import type { Runtime } from '../../runtime/runtime';
import { convertTo, float32Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import type { PictureInput } from '../layers/target';

type Infos = ReadonlyMap<string, TensorInfo>;

/**
 * Asks onnxruntime for what inference left open between the picture and the outputs (unknown operators, shapes that
 * depend on data): one run on zeros that answers Shape(t) of every such tensor. Nothing is loaded where all is known.
 */
export async function probeShapes(
  runtime: Runtime,
  model: Model,
  infos: Infos,
  input: PictureInput,
  signal?: AbortSignal,
): Promise<Infos> {
  const unknown = unknownTensors(model, infos, input.name);
  if (unknown.length === 0) return infos;
  const build = new AppendixBuilder({ opset: model.opsets.get('') ?? 1, taken: tensorNames(model.graph) });
  const shapeNames = unknown.map((tensor) => build.add('Shape', [tensor]));
  // Tensors are declared as outputs too, without being fetched: that is how their types are learnt.
  const declared = new Set(model.graph.outputs.map(({ name }) => name));
  const appended = build.encode([], [...shapeNames, ...unknown.filter((tensor) => !declared.has(tensor))]);
  const session = await runtime.load({ path: model.path, appended, optimization: 'basic' }, signal);
  try {
    const zeros = float32Tensor(new Float32Array(elementCount(input.shape) ?? 0), input.shape);
    const { outputs } = await session.run({ [input.name]: convertTo(input.type, zeros) }, shapeNames, signal);
    const probed = unknown.map((tensor, index): [string, TensorInfo] => {
      const shape = outputs[shapeNames[index] ?? ''];
      const type = session.outputTypes[session.outputs.indexOf(tensor)];
      return [tensor, { ...infos.get(tensor), ...(type && { type }), ...(shape && { shape: [...toFloat32(shape)] }) }];
    });
    return new Map([...infos, ...probed]);
  } finally {
    await session.release();
  }
}

function unknownTensors(model: Model, infos: Infos, input: string): readonly string[] {
  const { nodes, outputs } = model.graph;
  const from = downstream(nodes, infos, [input]);
  const to = upstream(
    nodes,
    outputs.filter(({ type }, index) => index === 0 || type !== undefined).map(({ name }) => name),
  );
  const onPath = nodes.flatMap((node) => node.outputs.filter((output) => from.has(output) && to.has(output)));
  return onPath.filter((tensor) => infos.get(tensor)?.type === undefined || !isStatic(infos.get(tensor)?.shape));
}
