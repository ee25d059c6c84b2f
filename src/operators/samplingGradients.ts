import { attrInt, attrString } from '../graph/attributes';
import { productOf } from './contraction';
import type { Cotangents, VjpContext } from './gradientContext';
import {
  cast,
  concat,
  expand,
  int,
  type Maths,
  maths,
  reduceSum,
  reshape,
  slice,
  string,
  transpose,
  zeros,
} from './gradientTools';
import { range } from './shapes';

/** One of the pixels between which a place lies along one axis: [N, places]. */
interface Neighbour {
  /** Inside the image, as numbers. */
  readonly position: string;
  /** Its share of the sample, 0 where it lies outside. */
  readonly weight: string;
  /** Change of that share with the grid's coordinate; undefined for none. */
  readonly slope: string | undefined;
}

interface SampledAxis {
  /** The grid's coordinate, −1 to 1, [N, places]. */
  readonly coordinate: string;
  readonly size: number;
}

/**
 * Where a grid's coordinate lies along one axis, in pixels: its ends −1 and 1 are the centres of the outermost pixels
 * (`align_corners`) or their outer edges. `border` holds it inside.
 */
function neighbours(context: VjpContext, m: Maths, { coordinate, size }: SampledAxis): readonly Neighbour[] {
  const { node } = context;
  const isAligned = attrInt(node, 'align_corners', 0) !== 0;
  const isBorder = attrString(node, 'padding_mode', 'zeros') === 'border';
  const perUnit = (isAligned ? size - 1 : size) / 2;
  const free = m.add(m.mul(coordinate, perUnit), (size - 1) / 2);
  const inside = (p: string): string => m.mul(m.greater(p, -0.5), m.less(p, size - 0.5));
  const held = (p: string): string => m.of('Min', m.of('Max', p, 0), size - 1);
  const place = isBorder ? held(free) : free;
  if (attrString(node, 'mode', 'linear') === 'nearest') {
    const nearest = m.of('Round', place);
    return [{ position: held(nearest), weight: inside(nearest), slope: undefined }];
  }
  const moves = isBorder ? m.mul(m.mul(m.greater(free, 0), m.less(free, size - 1)), perUnit) : perUnit;
  const first = m.of('Floor', place);
  const second = m.add(first, 1);
  const share = m.sub(place, first);
  const change = (p: string, sign: number): string => m.mul(m.mul(inside(p), moves), sign);
  return [
    { position: held(first), weight: m.mul(inside(first), m.sub(1, share)), slope: change(first, -1) },
    { position: held(second), weight: m.mul(inside(second), share), slope: change(second, 1) },
  ];
}

/**
 * The cotangents of sampling x [N, C, H, W] at a grid [N, h, w, 2] (Jaderberg et al. 2015): every sample is a weighted sum of the
 * pixels around it, which take its cotangent times their weight; the grid takes what changing those weights does.
 */
export function gridSampleVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', grid = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const [[N = 1, C = 1, H = 1, W = 1, ...more], [, h = 1, w = 1]] = [context.shape(x), context.shape(grid)];
  const mode = attrString(node, 'mode', 'linear');
  if (more.length > 0) throw new Error('only images of two axes have a gradient rule');
  if (mode === 'bicubic' || mode === 'cubic') throw new Error(`mode ${mode} has no gradient rule`);
  if (attrString(node, 'padding_mode', 'zeros') === 'reflection') throw new Error('reflection has no gradient rule');
  const places = h * w;
  const m = maths(build, context.type(x));
  const coordinate = (at: number): string => reshape(build, slice(build, grid, [3], [at], [at + 1]), [N, places]);
  const columns = neighbours(context, m, { coordinate: coordinate(0), size: W });
  const rows = neighbours(context, m, { coordinate: coordinate(1), size: H });
  const cotangent = reshape(build, g, [N, C, places]);
  const perPlace = (value: string): string => reshape(build, value, [N, 1, places]);
  const corners = rows.flatMap((row) =>
    columns.map((column) => {
      const flat = cast(build, m.add(m.mul(row.position, W), column.position), 'int64');
      return { row, column, index: expand(build, 'int64', perPlace(flat), [N, C, places]) };
    }),
  );

  const toImage = (): string => {
    const shares = corners.map(({ row, column }) => m.mul(cotangent, perPlace(m.mul(row.weight, column.weight))));
    const indices = concat(
      build,
      corners.map(({ index }) => index),
      2,
    );
    const nothing = zeros(build, context.type(x), [N, C, H * W]);
    const attributes = { axis: int(2), reduction: string('add') };
    return reshape(build, build.add('ScatterElements', [nothing, indices, concat(build, shares, 2)], attributes), [
      N,
      C,
      H,
      W,
    ]);
  };
  const toGrid = (): string | undefined => {
    const pixels = reshape(build, x, [N, C, H * W]);
    const terms = corners.map(({ row, column, index }) => {
      const shown = build.add('GatherElements', [pixels, index], { axis: int(2) });
      const along = reshape(build, reduceSum(build, m.mul(cotangent, shown), [1]), [N, places]);
      return [m.mul(along, m.mul(column.slope ?? 0, row.weight)), m.mul(along, m.mul(row.slope ?? 0, column.weight))];
    });
    const sums = [0, 1].map((axis) =>
      reshape(build, m.of('Sum', ...terms.map((term) => term[axis] ?? 0)), [N, h, w, 1]),
    );
    return concat(build, sums, 3);
  };
  return [context.wants(0) ? toImage() : undefined, context.wants(1) && mode !== 'nearest' ? toGrid() : undefined];
}

/** Grid [N, sizes…, d] = θ [N, d, d + 1]·(place, 1): θ̄ = Ȳᵀ·places, the same for every sample. */
export function affineGridVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [theta = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const [N = 1, ...sizes] = context.shape(node.outputs[0] ?? '').slice(0, -1);
  const isAligned = attrInt(node, 'align_corners', 0) !== 0;
  const along = (size: number, at: number): number =>
    isAligned ? (size === 1 ? 0 : (2 * at) / (size - 1) - 1) : (2 * at + 1) / size - 1;
  const count = productOf(sizes);
  // The last axis is x, the first coordinate of a place.
  const places = range(count).flatMap((flat) => {
    let rest = flat;
    const place = sizes.toReversed().map((size) => {
      const at = rest % size;
      rest = (rest - at) / size;
      return along(size, at);
    });
    return [...place, 1];
  });
  const type = context.type(theta);
  const rows = transpose(build, reshape(build, g, [N, count, sizes.length]), [0, 2, 1]);
  return [build.add('MatMul', [rows, build.constant(type, places, [count, sizes.length + 1])])];
}
