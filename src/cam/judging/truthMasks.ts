import type { Picture } from '../../protocol/camPanel';

/** Where an object is in a picture. */
export interface TruthObject {
  /** What it is, where the file says so: a name, or the model's number of its class. */
  readonly label?: string;
  readonly classIndex?: number;
  readonly region: Region;
}

export type Region = BoxRegion | MaskRegion;

/** In parts of the picture's width and height, 0–1. */
export interface BoxRegion {
  readonly kind: 'box';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture of the same view, in whatever size: 1 inside. */
export interface MaskRegion {
  readonly kind: 'mask';
  readonly width: number;
  readonly height: number;
  readonly inside: Uint8Array;
}

/** A class as its objects are called. */
export interface ObjectClass {
  readonly index: number;
  /** '' when no labels are known. */
  readonly name: string;
}

/** Which objects are looked for. */
export interface WantedObject {
  /** Those of any of these; none where what is explained names no class. */
  readonly classes: readonly ObjectClass[];
  /** Instead of a class: a label in the truth's own words, or `all`. */
  readonly object?: string;
}

/**
 * The objects of the classes: by number or name (`tabby, tabby cat` are two). All, where none says what it is.
 * @throws one sentence where there are none of it.
 */
export function objectsOf(objects: readonly TruthObject[], wanted: WantedObject): readonly TruthObject[] {
  const { classes, object } = wanted;
  if (objects.length === 0) throw new Error('no object is marked in this picture');
  const said = objects.filter((one) => one.label !== undefined || one.classIndex !== undefined);
  if (object === 'all' || (said.length === 0 && object === undefined)) return objects;
  const words = (text: string): readonly string[] =>
    [text, ...text.split(',')].map((word) => word.trim().toLowerCase());
  const names = object === undefined ? classes.flatMap(({ name }) => words(name)) : words(object);
  const numbered = object !== undefined && /^\d+$/.test(object) ? [Number(object)] : [];
  const indices = object === undefined ? classes.map(({ index }) => index) : numbered;
  const found = said.filter(
    (one) =>
      (one.classIndex !== undefined && indices.includes(one.classIndex)) ||
      (one.label !== undefined && one.label !== '' && names.includes(one.label.toLowerCase())),
  );
  if (found.length > 0) return found;
  const kinds = [...new Set(said.map((one) => one.label ?? `class ${one.classIndex}`))].join(', ');
  if (object === undefined && classes.length === 0) {
    throw new Error(`what is explained is no class, so which object is meant must be said: ${kinds}, or all`);
  }
  const titles = classes.map(({ index, name }) => (name === '' ? `class ${index}` : `${name} (class ${index})`));
  const sought = object ?? titles.join(' or ');
  throw new Error(
    `no object here is ${sought}: ${kinds === '' ? 'none says what it is' : `there are ${kinds}`}; name one of them, or all`,
  );
}

/**
 * Objects in the grid of the model's input, [height, width]: 1 where a pixel's centre lies in one of them. `picture` says which
 * part of it the model sees.
 * @throws one sentence where a mask is of another view, or nothing of the objects is seen.
 */
export function truthMask(
  objects: readonly TruthObject[],
  picture: Pick<Picture, 'width' | 'height' | 'seen'>,
  width: number,
  height: number,
): Uint8Array {
  const { seen } = picture;
  const mask = new Uint8Array(width * height);
  for (const { region } of objects) {
    checkView(region, picture);
    for (let y = 0; y < height; y++) {
      const down = (seen.y + ((y + 0.5) / height) * seen.height) / picture.height;
      for (let x = 0; x < width; x++) {
        const across = (seen.x + ((x + 0.5) / width) * seen.width) / picture.width;
        if (holds(region, across, down)) mask[y * width + x] = 1;
      }
    }
  }
  if (mask.includes(1)) return mask;
  throw new Error('the object lies outside the part of the picture that the model sees, or is smaller than its pixels');
}

function holds(region: Region, across: number, down: number): boolean {
  if (region.kind === 'box') {
    const { x, y, width, height } = region;
    return across >= x && across < x + width && down >= y && down < y + height;
  }
  const column = Math.min(region.width - 1, Math.floor(across * region.width));
  const row = Math.min(region.height - 1, Math.floor(down * region.height));
  return region.inside[row * region.width + column] === 1;
}

/** Pictures are scaled to whole pixels: so much may their proportions differ. */
const SAME_PROPORTIONS = 0.02;

function checkView(region: Region, picture: Pick<Picture, 'width' | 'height'>): void {
  if (region.kind === 'box') return;
  const ratio = (region.width * picture.height) / (region.height * picture.width);
  if (Math.abs(ratio - 1) <= SAME_PROPORTIONS) return;
  throw new Error(
    `the mask is ${region.width}×${region.height}, the picture ${picture.width}×${picture.height}: a mask has its picture's proportions`,
  );
}
