import fs from 'node:fs';
import path from 'node:path';
import type { AppendixBuilder } from '../../autodiff/graphBuilder';
import { upstream } from '../../autodiff/reach';
import { attrTensor } from '../../graph/attributes';
import {
  byteSize,
  functionKey,
  isStatic,
  type Model,
  type Node,
  nodeLabel,
  type Tensor,
  type TensorInfo,
} from '../../graph/graph';
import { tensorsRead } from '../../graph/scope';
import { encodeElements } from '../../graph/typedArray';
import { tensorBytes } from '../../onnx/tensor';
import { encodeModel, type InitializerToWrite, type ValueToWrite } from '../../onnx/writer';
import type { CamLayer } from '../layers/layers';
import { appendixFor, type Prepared } from './camGraph';

type Infos = ReadonlyMap<string, TensorInfo>;

/** The nodes between a layer and a tensor, as a model of its own. */
export interface Tail extends Prepared {
  /** Inputs: the layer's tensor under its own name, then the side inputs under theirs. It declares no outputs. */
  readonly model: Model;
  /** Tensors that are computed from the picture but bypass the layer. */
  readonly sides: readonly string[];
  /** The tensor that the tail computes. */
  readonly of: string;
}

/** Cuts a model behind a layer. Throws one sentence where `of` does not follow from the layer, or something cannot be cut. */
export function tailOf(prepared: Prepared, layer: Pick<CamLayer, 'tensor'>, of: string): Tail {
  const { model, infos } = prepared;
  const { nodes, constants, inputs } = model.graph;
  const behind = reachedFrom(nodes, [layer.tensor]);
  if (of === layer.tensor || !behind.has(of))
    throw new Error(`'${of}' does not follow from '${layer.tensor}'; choose an earlier layer`);
  const fromPicture = reachedFrom(
    nodes,
    inputs.map(({ name }) => name).filter((name) => !constants.has(name)),
  );
  const cut = cutAt(nodes, of, (name) => name !== layer.tensor && (behind.has(name) || !fromPicture.has(name)));
  const { needed, kept } = cut;
  const sides = [...needed].filter((name) => name !== layer.tensor && fromPicture.has(name) && !behind.has(name));
  const known = new Map(sides.flatMap((name) => knownConstant(name, infos)));
  const open = sides.filter((name) => !known.has(name));
  const own = kept.filter((node) => heldConstant(node).length === 0);
  for (const node of own) checkWritable(model, node);
  const weights = [...constants].filter(([name]) => needed.has(name) && !behind.has(name));
  const graph = {
    name: 'tail',
    nodes: own.map((node, id) => ({ ...node, id })),
    inputs: [layer.tensor, ...open].map((name) => ({ name, ...infos.get(name) })),
    outputs: [],
    constants: new Map([...weights, ...kept.flatMap(heldConstant), ...known]),
    declared: new Map(),
  };
  return { model: { ...model, graph }, infos, added: { nodes: [], constants: [] }, sides: open, of };
}

/** A builder for what is appended to a tail. */
export function tailBuilder(tail: Tail): AppendixBuilder {
  return appendixFor(tail);
}

/** Weights from this size on stay where they are. */
const LARGE_BYTES = 4096;

/**
 * The whole file of a tail with what was appended, to be loaded as `SessionSource.whole` beside the model's path. Large
 * weights are not copied: their data is external, and lies in the model's own file or in those beside it.
 */
export function encodeTail(
  tail: Tail,
  build: AppendixBuilder,
  inputs: readonly ValueToWrite[],
  outputs: readonly string[],
): Uint8Array {
  return Buffer.concat([tailBytes(tail, new Set([...outputs, ...build.reads])), build.encode(inputs, outputs)]);
}

/** The tail without outputs, which the appendix declares, and without what nobody wants: onnxruntime runs every node. */
function tailBytes({ model }: Tail, wanted: ReadonlySet<string>): Uint8Array {
  const { nodes, inputs, constants } = model.graph;
  const needed = upstream(nodes, [...wanted]);
  const folder = path.dirname(fs.realpathSync(model.path));
  return encodeModel({
    // Older files list every initializer among the inputs.
    irVersion: Math.max(4, model.irVersion),
    opsets: Object.fromEntries(model.opsets),
    graph: {
      name: 'tail',
      nodes: nodes
        .filter(({ outputs }) => outputs.some((output) => needed.has(output)))
        .map(({ attributes, doc: _, metadata: __, ...node }) => ({
          ...node,
          attributes: Object.fromEntries(attributes),
        })),
      initializers: [...constants.values()]
        .filter(({ name }) => needed.has(name))
        .map((tensor) => initializer(tensor, folder)),
      inputs: inputs.filter(({ name }) => needed.has(name)),
    },
  });
}

/** What a tensor reaches, along any edge: unlike `downstream`, also through integers. */
export function reachedFrom(nodes: readonly Node[], sources: readonly string[]): ReadonlySet<string> {
  const reached = new Set(sources);
  for (const node of nodes) {
    if (!tensorsRead(node).some((name) => reached.has(name))) continue;
    for (const output of node.outputs) if (output !== '') reached.add(output);
  }
  return reached;
}

/** The nodes that compute `of`, back to the tensors that are not computed here, and every tensor that is read on the way. */
function cutAt(
  nodes: readonly Node[],
  of: string,
  isComputed: (tensor: string) => boolean,
): { readonly needed: ReadonlySet<string>; readonly kept: readonly Node[] } {
  const needed = new Set([of]);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output) && isComputed(output))) continue;
    kept.push(node);
    for (const name of tensorsRead(node)) needed.add(name);
  }
  return { needed, kept: kept.reverse() };
}

/** A tensor whose elements are known before the model runs: shapes, indices. */
function knownConstant(name: string, infos: Infos): readonly (readonly [string, Tensor])[] {
  const { type, shape, values } = infos.get(name) ?? {};
  if (!values || !type || !isStatic(shape)) return [];
  const location = { kind: 'bytes', bytes: encodeElements(type, values) } as const;
  return [[name, { name, type, shape, location, values }]];
}

/** What a Constant node holds, where it is a tensor. */
function heldConstant(node: Node): readonly (readonly [string, Tensor])[] {
  const [name = ''] = node.outputs;
  const tensor = node.operator === 'Constant' && node.domain === '' ? attrTensor(node, 'value') : undefined;
  return tensor ? [[name, { ...tensor, name }]] : [];
}

/** Where the elements of a weight are, as the tail's file says it. `folder` is where the model really lies. */
function initializer(tensor: Tensor, folder: string): InitializerToWrite {
  const { name, type, shape, location, sparse } = tensor;
  if (sparse) throw new Error(`weight '${name}' is stored sparse, which cannot be cut: store it dense`);
  if (location.kind !== 'file' || (byteSize(tensor) ?? 0) < LARGE_BYTES) {
    return { name, type, shape, data: tensorBytes(tensor) };
  }
  const { offset, length } = location;
  const relative = path.relative(folder, fs.realpathSync(location.path));
  const isInside = !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
  if (!isInside) throw new Error(`weight '${name}' lies outside the model's folder and is not read`);
  return { name, type, shape, external: { location: relative.split(path.sep).join('/'), offset, length } };
}

/** Throws where a node means something only within the file that it comes from. */
function checkWritable({ functions }: Model, node: Node): void {
  if (!functions.has(functionKey(node.domain, node.operator, node.overload))) return;
  throw new Error(
    `'${nodeLabel(node)}' calls ${node.operator}, a local function of another opset than the model's, which cannot be cut`,
  );
}
