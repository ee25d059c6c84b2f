/** Numbers written into pictures, where there is no font: digits of 3×5 pixels, drawn for this purpose. */

const GLYPH_WIDTH = 3;
export const GLYPH_HEIGHT = 5;
const ADVANCE = GLYPH_WIDTH + 1;

/** Five rows of three pixels, top first, as octal digits: 7 is a full row, 4 its left pixel. */
const GLYPHS: Readonly<Record<string, string>> = {
  '0': '75557',
  '1': '26227',
  '2': '71747',
  '3': '71717',
  '4': '55711',
  '5': '74717',
  '6': '74757',
  '7': '71122',
  '8': '75757',
  '9': '75717',
  '←': '02720',
  '-': '00700',
  '.': '00002',
};

/** Pixels that `text` takes across, not enlarged. */
export function textWidth(text: string): number {
  return Math.max(0, [...text].length * ADVANCE - 1);
}

/**
 * Calls `set` for every picture pixel of `text`, enlarged `scale` times, whose upper left corner is x, y. A character that
 * there is no glyph for is a gap.
 */
export function drawText(text: string, x: number, y: number, scale: number, set: (x: number, y: number) => void): void {
  for (const [index, character] of [...text].entries()) {
    for (let row = 0; row < GLYPH_HEIGHT * scale; row++) {
      const bits = Number(GLYPHS[character]?.[Math.floor(row / scale)] ?? 0);
      for (let column = 0; column < GLYPH_WIDTH * scale; column++) {
        const bit = GLYPH_WIDTH - 1 - Math.floor(column / scale);
        if ((bits >> bit) & 1) set(x + index * ADVANCE * scale + column, y + row);
      }
    }
  }
}
