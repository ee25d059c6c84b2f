/** Small maps side by side as one picture. Pure: shared by the command line and the panel. */
import { paletteIndex } from './colorMaps';
import { drawText, GLYPH_HEIGHT, textWidth } from './tinyText';

/** Maps of one size, strongest first. */
export interface GridMaps {
  readonly width: number;
  readonly height: number;
  /** 3: the map is a colour picture. */
  readonly planes: 1 | 3;
  /** [maps, planes, height, width] */
  readonly values: Float32Array;
  /** One per map. */
  readonly labels: readonly string[];
  /** Least and greatest value of each map, and of all, also of those that are not here. */
  readonly ranges: readonly (readonly [least: number, greatest: number])[];
  readonly range: readonly [least: number, greatest: number];
  /** Zero is the middle of the colours. */
  readonly signed: boolean;
}

/** Where the maps lie in the picture, in pixels; in reading order. */
export interface GridPlan {
  readonly count: number;
  readonly columns: number;
  /** Picture pixels per map pixel, along both axes; below 1 where a map is larger than it may be drawn. */
  readonly scale: number;
  /** Of one map as it is drawn. */
  readonly mapWidth: number;
  readonly mapHeight: number;
  /** Picture pixels per pixel of the numbers; 0: there are none. */
  readonly textScale: number;
  /** From one map to the next. */
  readonly stepX: number;
  readonly stepY: number;
  /** Of the whole picture. */
  readonly width: number;
  readonly height: number;
}

export interface GridOptions {
  /** The picture may be so wide. */
  readonly maxWidth: number;
  /** Longer side of a map as it is drawn; one with more pixels is drawn at whole multiples of this fit. */
  readonly mapSide: number;
  /** Picture pixels per pixel of the numbers under the maps (default 1); 0 leaves them out. */
  readonly textScale?: number;
}

export type Normalisation = 'map' | 'all';

/** Between two maps, and around them. */
const GAP = 4;
/** Between a map and its number. */
const TEXT_GAP = 2;

/** As many columns as fit, at least one; a picture with few maps is nearly square. */
export function planGrid({ width, height, labels }: GridMaps, options: GridOptions): GridPlan {
  const { maxWidth, mapSide, textScale = 1 } = options;
  const longer = Math.max(1, width, height);
  const scale = longer <= mapSide ? Math.floor(mapSide / longer) : mapSide / longer;
  const mapWidth = Math.max(1, Math.round(width * scale));
  const mapHeight = Math.max(1, Math.round(height * scale));
  const widest = textScale * labels.reduce((most, label) => Math.max(most, textWidth(label)), 0);
  const stepX = Math.max(mapWidth, widest) + GAP;
  const stepY = mapHeight + GAP + (textScale > 0 ? textScale * GLYPH_HEIGHT + TEXT_GAP : 0);
  const count = labels.length;
  const fitting = Math.max(1, Math.floor((maxWidth - GAP) / stepX));
  const square = Math.max(1, Math.round(Math.sqrt((count * stepY) / stepX)));
  const columns = Math.min(fitting, Math.max(1, count), square);
  const rows = Math.ceil(count / columns);
  const size = { width: GAP + columns * stepX, height: GAP + rows * stepY };
  return { count, columns, scale, textScale, mapWidth, mapHeight, stepX, stepY, ...size };
}

/** Upper left corner of a map. */
export function mapCorner(
  { columns, stepX, stepY }: GridPlan,
  index: number,
): { readonly x: number; readonly y: number } {
  return { x: GAP + (index % columns) * stepX, y: GAP + Math.floor(index / columns) * stepY };
}

/** Index of the map under a point, its caption included; undefined between maps. */
export function mapAt(plan: GridPlan, x: number, y: number): number | undefined {
  const column = Math.floor((x - GAP) / plan.stepX);
  const row = Math.floor((y - GAP) / plan.stepY);
  const index = row * plan.columns + column;
  if (column < 0 || column >= plan.columns || row < 0 || index >= plan.count) return undefined;
  const corner = mapCorner(plan, index);
  return x - corner.x < plan.stepX - GAP && y - corner.y < plan.stepY - GAP ? index : undefined;
}

/** The map that a key leads to from another, clamped to the grid; undefined for a key that does not move. */
export function mapAfterKey({ columns, count }: GridPlan, index: number, key: string): number | undefined {
  const row = index - (index % columns);
  const target: Readonly<Record<string, number>> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns < 0 ? index : index - columns,
    ArrowDown: index + columns >= count ? index : index + columns,
    Home: row,
    End: row + columns - 1,
  };
  const to = target[key];
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to));
}

/**
 * One map's values in 0–1: (v − low) / (high − low), where low and high are the map's own or those of all maps. Signed maps
 * have low = −high, so that zero is 0.5. A map without any contrast is 0 (signed: by its value). NaN stays NaN.
 */
export function normalisedMap(maps: GridMaps, index: number, over: Normalisation): Float32Array {
  const size = maps.planes * maps.width * maps.height;
  const values = maps.values.subarray(index * size, (index + 1) * size);
  const [least, greatest] = (over === 'all' ? undefined : maps.ranges[index]) ?? maps.range;
  const reach = Math.max(Math.abs(least), Math.abs(greatest));
  const [low, high] = maps.signed ? [-reach, reach] : [least, greatest];
  if (!(high > low)) return values.map((value) => (Number.isNaN(value) ? value : maps.signed ? 0.5 : 0));
  return values.map((value) => (value - low) / (high - low));
}

/** 0–255 each. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

const WHITE: Rgba = [255, 255, 255, 255];
const GREY: Rgba = [70, 70, 70, 255];

export interface GridStyle {
  /** For maps of one plane. */
  readonly palette: Uint8Array;
  readonly normalise: Normalisation;
  /** Of what lies between maps (default white), and of numbers (default grey). */
  readonly ground?: Rgba;
  readonly ink?: Rgba;
}

/** All maps as one picture of the plan's size, hard pixels: width·height·4 bytes. */
export function drawGrid(maps: GridMaps, plan: GridPlan, style: GridStyle): Uint8ClampedArray<ArrayBuffer> {
  const { ground = WHITE, ink = GREY } = style;
  const rgba = new Uint8ClampedArray(4 * plan.width * plan.height);
  for (let pixel = 0; pixel < rgba.length; pixel += 4) rgba.set(ground, pixel);
  for (const [index, label] of maps.labels.entries()) {
    const corner = mapCorner(plan, index);
    drawMap(rgba, maps, plan, corner, mapColors(maps, index, style));
    drawText(label, corner.x, corner.y + plan.mapHeight + TEXT_GAP, plan.textScale, (x, y) => {
      rgba.set(ink, 4 * (y * plan.width + x));
    });
  }
  return rgba;
}

/** One map in colours, height·width·3 bytes. */
function mapColors(maps: GridMaps, index: number, { palette, normalise }: GridStyle): Uint8ClampedArray {
  const values = normalisedMap(maps, index, normalise);
  const area = maps.width * maps.height;
  const rgb = new Uint8ClampedArray(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    if (maps.planes === 3) {
      for (let plane = 0; plane < 3; plane++) rgb[3 * pixel + plane] = 255 * (values[plane * area + pixel] ?? 0);
    } else {
      const entry = 3 * paletteIndex(values[pixel] ?? 0);
      for (let channel = 0; channel < 3; channel++) rgb[3 * pixel + channel] = palette[entry + channel] ?? 0;
    }
  }
  return rgb;
}

function drawMap(
  rgba: Uint8ClampedArray,
  { width, height }: GridMaps,
  { mapWidth, mapHeight, width: line }: GridPlan,
  corner: { readonly x: number; readonly y: number },
  rgb: Uint8ClampedArray,
): void {
  for (let y = 0; y < mapHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / mapHeight);
    for (let x = 0; x < mapWidth; x++) {
      const from = 3 * (row * width + Math.floor(((x + 0.5) * width) / mapWidth));
      const to = 4 * ((corner.y + y) * line + corner.x + x);
      rgba[to] = rgb[from] ?? 0;
      rgba[to + 1] = rgb[from + 1] ?? 0;
      rgba[to + 2] = rgb[from + 2] ?? 0;
      rgba[to + 3] = 255;
    }
  }
}
