/** The whole graph in a narrow strip beside the canvas, coloured like it; drag in it to go there. */
import { groupBy, realAt } from '../layout/adjacency';
import { reportRow } from '../model/panelModel';
import { heatIndex } from './colors';
import { heatFill } from './fills';
import { type Frame, visibleWorld } from './frame';

const WIDTH = 84;
const PAD = 6;

interface Mapping {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly height: number;
}

export class Minimap {
  readonly canvas = document.createElement('canvas');
  private readonly picture = document.createElement('canvas');
  private mapping: Mapping | undefined;
  private frame: Frame | undefined;

  /** `go` is called with the world point to show in the middle. */
  constructor(go: (x: number, y: number) => void) {
    this.canvas.className = 'minimap';
    this.canvas.setAttribute('aria-hidden', 'true');
    const move = ({ offsetX, offsetY, buttons }: PointerEvent) => {
      if (buttons !== 1 || !this.frame || !this.mapping) return;
      const { bounds } = this.frame.drawing;
      const middle = (bounds.left + bounds.right) / 2;
      go((offsetX - WIDTH / 2) / this.mapping.scaleX + middle, (offsetY - PAD) / this.mapping.scaleY + bounds.top);
    };
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    this.canvas.addEventListener('pointermove', move);
  }

  /** Draws the strip anew: another layout, report, colouring, theme or size. */
  rebuild(frame: Frame, ratio: number): void {
    this.frame = frame;
    this.mapping = mappingOf(frame);
    const { height } = this.mapping;
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.round(WIDTH * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.canvas.style.width = `${WIDTH}px`;
    this.canvas.style.height = `${height}px`;
    const context = this.picture.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintPicture(context, frame, this.mapping);
  }

  /** Draws the frame of what the canvas shows. */
  show(frame: Frame, ratio: number): void {
    const context = this.canvas.getContext('2d');
    if (!context || !this.mapping) return;
    this.frame = frame;
    const { scaleX, scaleY, height } = this.mapping;
    const { bounds } = frame.drawing;
    const world = visibleWorld(frame);
    const toX = (x: number) => WIDTH / 2 + (x - (bounds.left + bounds.right) / 2) * scaleX;
    const toY = (y: number) => PAD + (y - bounds.top) * scaleY;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const node of frame.selected === undefined ? frame.found : [...frame.found, frame.selected]) {
      context.fillStyle = node === frame.selected ? frame.theme.focus : frame.theme.found;
      context.fillRect(0, toY(realAt(frame.drawing.y, node)) - 1, WIDTH, 2);
    }
    const [left, right] = [Math.max(1, toX(world.left)), Math.min(WIDTH - 1, toX(world.right))];
    const [top, bottom] = [Math.max(1, toY(world.top)), Math.min(height - 1, toY(world.bottom))];
    if (right <= left || bottom <= top) return;
    context.strokeStyle = frame.theme.foreground;
    context.globalAlpha = 0.1;
    context.fillStyle = frame.theme.foreground;
    context.fillRect(left, top, right - left, Math.max(3, bottom - top));
    context.globalAlpha = 0.55;
    context.strokeRect(left + 0.5, top + 0.5, right - left - 1, Math.max(3, bottom - top - 1));
    context.globalAlpha = 1;
  }
}

/** In proportion where the graph fits; a long one is pressed to the height of the canvas. */
function mappingOf({ drawing: { bounds }, view }: Frame): Mapping {
  const width = Math.max(1, bounds.right - bounds.left);
  const height = Math.max(1, bounds.bottom - bounds.top);
  const room = Math.max(40, view.height - 2 * PAD - 16);
  const scaleX = Math.min(0.12, (WIDTH - 2 * PAD) / width);
  const scaleY = Math.min(scaleX, room / height);
  return { scaleX, scaleY, height: Math.ceil(height * scaleY) + 2 * PAD };
}

function paintPicture(context: CanvasRenderingContext2D, frame: Frame, { scaleX, scaleY, height }: Mapping): void {
  const { drawing, theme } = frame;
  const { bounds } = drawing;
  context.fillStyle = theme.card;
  context.globalAlpha = 0.88;
  context.fillRect(0, 0, WIDTH, height);
  context.globalAlpha = 1;
  const middle = (bounds.left + bounds.right) / 2;
  // The hottest are painted last: they stay visible where nodes share a pixel.
  const heats = Uint32Array.from(drawing.x, (_, node) => {
    const heat = frame.scale.heat[reportRow(frame.model.scene, node)] ?? Number.NaN;
    return Number.isNaN(heat) ? 0 : 1 + heatIndex(heat);
  });
  const order = groupBy(heats, 257).items;
  for (const node of order) {
    const [w, h] = [realAt(drawing.widths, node) * scaleX, Math.max(1, realAt(drawing.heights, node) * scaleY)];
    const x = WIDTH / 2 + (realAt(drawing.x, node) - middle) * scaleX - w / 2;
    const y = PAD + (realAt(drawing.y, node) - bounds.top) * scaleY - h / 2;
    context.fillStyle = heatFill(frame, node)?.fill ?? theme.idle;
    context.fillRect(x, y, Math.max(1.5, w), h);
  }
}
