/** A picture as SVG: what the painters draw, recorded as elements. */
import type { Ink } from './ink';

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

interface State {
  readonly fillStyle: string;
  readonly strokeStyle: string;
  readonly lineWidth: number;
  readonly lineCap: CanvasLineCap;
  readonly globalAlpha: number;
  readonly font: string;
  readonly textAlign: CanvasTextAlign;
  readonly textBaseline: CanvasTextBaseline;
  readonly dash: readonly number[];
  readonly matrix: Matrix;
  readonly clip: string;
}

/** How far the alphabetic baseline lies below the place of a text, in its size; not every viewer knows dominant-baseline. */
const BASELINES: Partial<Record<CanvasTextBaseline, number>> = { middle: 0.35, top: 0.8, bottom: -0.22 };
const ANCHORS: Partial<Record<CanvasTextAlign, string>> = { center: 'middle', right: 'end', end: 'end' };

export class SvgInk implements Ink {
  fillStyle = '#000000';
  strokeStyle = '#000000';
  lineWidth = 1;
  lineCap: CanvasLineCap = 'butt';
  globalAlpha = 1;
  textAlign: CanvasTextAlign = 'start';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  private dash: readonly number[] = [];
  private matrix: Matrix = [1, 0, 0, 1, 0, 0];
  private clipping = '';
  private readonly saved: State[] = [];
  private readonly elements: string[] = [];
  private path: string[] = [];
  private clips = 0;
  private readonly ruler: CanvasRenderingContext2D;

  /** `ruler` measures texts. */
  constructor(ruler: CanvasRenderingContext2D) {
    this.ruler = ruler;
  }

  /** Set on the ruler too, so that whoever measures with it measures in this font. */
  get font(): string {
    return this.ruler.font;
  }

  set font(font: string) {
    this.ruler.font = font;
  }

  /** The whole file; width and height in CSS pixels. */
  file(width: number, height: number): string {
    const [w, h] = [round(width), round(height)];
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">`,
      ...this.elements,
      '</svg>',
      '',
    ].join('\n');
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, lineCap, globalAlpha, font, textAlign, textBaseline } = this;
    const styles = { fillStyle, strokeStyle, lineWidth, lineCap, globalAlpha, font, textAlign, textBaseline };
    this.saved.push({ ...styles, dash: this.dash, matrix: this.matrix, clip: this.clipping });
  }

  restore(): void {
    const state = this.saved.pop();
    if (!state) return;
    const { dash, matrix, clip, ...styles } = state;
    Object.assign(this, styles);
    [this.dash, this.matrix, this.clipping] = [dash, matrix, clip];
  }

  setTransform(...matrix: Matrix): void {
    this.matrix = matrix;
  }

  translate(x: number, y: number): void {
    const [a, b, c, d, e, f] = this.matrix;
    this.matrix = [a, b, c, d, a * x + c * y + e, b * x + d * y + f];
  }

  rotate(angle: number): void {
    const [a, b, c, d, e, f] = this.matrix;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    this.matrix = [a * cos + c * sin, b * cos + d * sin, c * cos - a * sin, d * cos - b * sin, e, f];
  }

  beginPath(): void {
    this.path = [];
  }

  moveTo(x: number, y: number): void {
    this.path.push(`M${round(x)} ${round(y)}`);
  }

  lineTo(x: number, y: number): void {
    this.path.push(`L${round(x)} ${round(y)}`);
  }

  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    this.path.push(`C${[x1, y1, x2, y2, x, y].map(round).join(' ')}`);
  }

  closePath(): void {
    this.path.push('Z');
  }

  /** Whole circles only, which is all that the painters draw. */
  arc(x: number, y: number, radius: number): void {
    const r = round(radius);
    this.path.push(`M${round(x - radius)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`);
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(`M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`);
  }

  /** Radii as the canvas takes them: one, or those of the corners from the top left clockwise. */
  roundRect(x: number, y: number, width: number, height: number, radii: unknown = 0): void {
    const most = Math.min(width, height) / 2;
    const corners = Array.isArray(radii) ? radii.map(Number) : [Number(radii)];
    const [tl = 0, tr = tl, br = tl, bl = tr] = corners.map((radius) => round(Math.min(most, radius)));
    const corner = (radius: number, dx: number, dy: number) => `a${radius} ${radius} 0 0 1 ${dx} ${dy}`;
    this.path.push(
      `M${round(x + tl)} ${round(y)}h${round(width - tl - tr)}${corner(tr, tr, tr)}v${round(height - tr - br)}`,
      `${corner(br, -br, br)}h${round(br + bl - width)}${corner(bl, -bl, -bl)}v${round(bl + tl - height)}${corner(tl, tl, -tl)}Z`,
    );
  }

  fill(): void {
    this.element('path', `d="${this.path.join('')}" ${paint('fill', this.fillStyle)}`);
  }

  stroke(): void {
    this.element('path', `d="${this.path.join('')}" fill="none" ${this.pen()}`);
  }

  clip(): void {
    const id = `clip${++this.clips}`;
    this.elements.push(`<clipPath id="${id}"><path d="${this.path.join('')}"${this.where()}/></clipPath>`);
    this.clipping = id;
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.element('rect', `${box(x, y, width, height)} ${paint('fill', this.fillStyle)}`);
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.element('rect', `${box(x, y, width, height)} fill="none" ${this.pen()}`);
  }

  fillText(text: string, x: number, y: number, room = Number.POSITIVE_INFINITY): void {
    const [, weight = '', size = '10', family = ''] = /^(?:(\w+) )?([\d.]+)px (.*)$/.exec(this.font) ?? [];
    const { width } = this.measureText(text);
    const font = `font-family="${escaped(family)}" font-size="${size}"${weight && ` font-weight="${weight}"`}`;
    const squeezed = width > room ? ` textLength="${round(room)}" lengthAdjust="spacingAndGlyphs"` : '';
    const anchor = ANCHORS[this.textAlign] ? ` text-anchor="${ANCHORS[this.textAlign]}"` : '';
    const place = `x="${round(x)}" y="${round(y + (BASELINES[this.textBaseline] ?? 0) * Number(size))}"`;
    const attributes = `${place} ${font}${anchor}${squeezed} ${paint('fill', this.fillStyle)}`;
    this.element('text', attributes, escaped(text));
  }

  measureText(text: string): TextMetrics {
    return this.ruler.measureText(text);
  }

  setLineDash(dash: Iterable<number>): void {
    this.dash = [...dash];
  }

  private element(tag: string, attributes: string, content = ''): void {
    const alpha = this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : '';
    const end = content === '' ? '/>' : `>${content}</${tag}>`;
    const element = `<${tag} ${attributes}${alpha}${this.where()}${end}`;
    // Around it, as a clip lies in the coordinates of the picture.
    this.elements.push(this.clipping === '' ? element : `<g clip-path="url(#${this.clipping})">${element}</g>`);
  }

  private pen(): string {
    const cap = this.lineCap === 'butt' ? '' : ` stroke-linecap="${this.lineCap}"`;
    const dash = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(' ')}"` : '';
    return `${paint('stroke', this.strokeStyle)} stroke-width="${round(this.lineWidth)}"${cap}${dash}`;
  }

  private where(): string {
    const [a, b, c, d, e, f] = this.matrix;
    const moved = a !== 1 || b !== 0 || c !== 0 || d !== 1 || e !== 0 || f !== 0;
    return moved ? ` transform="matrix(${this.matrix.map(exact).join(' ')})"` : '';
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function exact(value: number): number {
  return Number(value.toPrecision(8));
}

function box(x: number, y: number, width: number, height: number): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

/** CSS 4 colours with an alpha in the form that every viewer reads. */
function paint(what: 'fill' | 'stroke', color: string): string {
  const [, red, green, blue, alpha] = /^rgb\((\d+) (\d+) (\d+)(?: \/ ([\d.]+))?\)$/.exec(color) ?? [];
  if (red === undefined) return `${what}="${escaped(color)}"`;
  return `${what}="rgb(${red},${green},${blue})"${alpha === undefined ? '' : ` ${what}-opacity="${alpha}"`}`;
}

/** Fit for an attribute or a text of XML 1.0, which knows no control characters. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
