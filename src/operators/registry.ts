import type { Operator } from './operator';
import { argReductions } from './ops/argReductions';
import { arithmetic } from './ops/arithmetic';
import { attention } from './ops/attention';
import { averagePool } from './ops/averagePool';
import { batchNormalization } from './ops/batchNormalization';
import { casts } from './ops/cast';
import { clip } from './ops/clip';
import { col2Im } from './ops/col2Im';
import { comparisons } from './ops/comparisons';
import { concat } from './ops/concat';
import { constants } from './ops/constant';
import { controlFlow } from './ops/controlFlow';
import { conv } from './ops/conv';
import { convTranspose } from './ops/convTranspose';
import { cumSum } from './ops/cumSum';
import { deformConv } from './ops/deformConv';
import { depthAndSpace } from './ops/depthToSpace';
import { einsum } from './ops/einsum';
import { embedLayerNormalization } from './ops/embedLayerNormalization';
import { expansions } from './ops/expand';
import { gather } from './ops/gather';
import { gatherElements } from './ops/gatherElements';
import { gatherNd } from './ops/gatherNd';
import { gelus } from './ops/gelu';
import { gemm } from './ops/gemm';
import { globalPool } from './ops/globalPool';
import { groupNormalization } from './ops/groupNormalization';
import { identities } from './ops/identity';
import { instanceNormalization } from './ops/instanceNormalization';
import { layerNormalization } from './ops/layerNormalization';
import { lpNormalization } from './ops/lpNormalization';
import { lrn } from './ops/lrn';
import { matmul } from './ops/matmul';
import { maxPool } from './ops/maxPool';
import { maxUnpool } from './ops/maxUnpool';
import { oneHot } from './ops/oneHot';
import { packedMatmul } from './ops/packedMatmul';
import { pad } from './ops/pad';
import { predicates } from './ops/predicates';
import { prelu } from './ops/prelu';
import { quantization } from './ops/quantization';
import { quantizedConv } from './ops/quantizedConv';
import { quantizedLinear } from './ops/quantizedLinear';
import { quantizedMatmul } from './ops/quantizedMatmul';
import { random } from './ops/random';
import { rectifiers } from './ops/rectifiers';
import { recurrent } from './ops/recurrent';
import { reductions } from './ops/reductions';
import { reshapes } from './ops/reshape';
import { resize } from './ops/resize';
import { reverseSequence } from './ops/reverseSequence';
import { rotaryEmbedding } from './ops/rotaryEmbedding';
import { sampling } from './ops/sampling';
import { scatters } from './ops/scatter';
import { selections } from './ops/selection';
import { shapeQueries } from './ops/shape';
import { sigmoids } from './ops/sigmoids';
import { slice } from './ops/slice';
import { softmax } from './ops/softmax';
import { spectral } from './ops/spectral';
import { split } from './ops/split';
import { topK } from './ops/topK';
import { transpose } from './ops/transpose';
import { trigonometry } from './ops/trigonometry';
import { trilu } from './ops/trilu';
import { unaryMath } from './ops/unaryMath';
import { variadic } from './ops/variadic';
import { where } from './ops/where';

/** Every operator, by the file in src/operators/ops that holds it. */
export const FILES: Readonly<Record<string, Operator | readonly Operator[]>> = {
  argReductions,
  arithmetic,
  attention,
  averagePool,
  batchNormalization,
  cast: casts,
  clip,
  col2Im,
  comparisons,
  concat,
  constant: constants,
  controlFlow,
  conv,
  convTranspose,
  cumSum,
  deformConv,
  depthToSpace: depthAndSpace,
  einsum,
  embedLayerNormalization,
  expand: expansions,
  gather,
  gatherElements,
  gatherNd,
  gelu: gelus,
  gemm,
  globalPool,
  groupNormalization,
  identity: identities,
  instanceNormalization,
  layerNormalization,
  lpNormalization,
  lrn,
  matmul,
  maxPool,
  maxUnpool,
  oneHot,
  packedMatmul,
  pad,
  predicates,
  prelu,
  quantization,
  quantizedConv,
  quantizedLinear,
  quantizedMatmul,
  random,
  rectifiers,
  recurrent,
  reductions,
  reshape: reshapes,
  resize,
  reverseSequence,
  rotaryEmbedding,
  sampling,
  scatter: scatters,
  selection: selections,
  shape: shapeQueries,
  sigmoids,
  slice,
  softmax,
  spectral,
  split,
  topK,
  transpose,
  trigonometry,
  trilu,
  unaryMath,
  variadic,
  where,
};

interface Entry {
  readonly operator: Operator;
  readonly file: string;
}

const ENTRIES: readonly Entry[] = Object.entries(FILES).flatMap(([name, operators]) =>
  [operators].flat().map((operator) => ({ operator, file: `src/operators/ops/${name}.ts` })),
);

export const OPERATORS: readonly Operator[] = ENTRIES.map(({ operator }) => operator);

const BY_TYPE: ReadonlyMap<string, Entry> = new Map(
  ENTRIES.flatMap((entry) => entry.operator.types.map((type): [string, Entry] => [type, entry])),
);

/** What names an operator: a node, or these two fields of it. */
export interface OperatorName {
  readonly domain: string;
  readonly operator: string;
}

/** As `Operator.types` writes it. */
export function operatorType({ domain, operator }: OperatorName): string {
  return domain === '' || domain === 'ai.onnx' ? operator : `${domain}:${operator}`;
}

/** Operators that multiply and accumulate, or whose sub-graphs may. */
const CONTRACTIONS: ReadonlySet<Operator> = new Set(
  [
    ...[attention, controlFlow, conv, convTranspose, deformConv, einsum, gemm],
    ...[matmul, packedMatmul, quantizedConv, quantizedMatmul, recurrent],
  ].flat(),
);

/** Whether a node may have MACs: nobody can say so of an operator that is not known. */
export function mayHaveMacs(name: OperatorName): boolean {
  const operator = findOperator(name);
  return !operator || CONTRACTIONS.has(operator);
}

export function findOperator(name: OperatorName): Operator | undefined {
  return BY_TYPE.get(operatorType(name))?.operator;
}

/** The file that holds an operator, or where to add it. */
export function operatorFile(name: OperatorName): string {
  return BY_TYPE.get(operatorType(name))?.file ?? 'src/operators/ops/';
}
