import { createHash } from 'node:crypto';
import { paletteIndex, SIGNED_PALETTE } from '../../display/colorMaps';
import { measure, percent, printable, significant } from '../../display/format';
import { type Blend, overlay } from '../../display/overlay';
import { encodePng } from '../../image/decode';
import type { CamCurve, CamMapData, CamMetric, CamMetrics, CamResult, Picture } from '../../protocol/camPanel';

/** One explanation, ready to be handed on. */
export interface Report {
  readonly result: CamResult;
  readonly picture: Picture;
  /** How the heat map lies on the picture. */
  readonly view: ReportView;
  readonly measured?: CamMetrics;
}

export interface ReportView {
  /** 256 × red, green, blue. */
  readonly palette: Uint8Array;
  readonly opacity: number;
  readonly blend?: Blend;
}

/**
 * A page of one explanation in one file: the picture, the heat map on it, the raw map, classes, facts and metrics. It holds
 * its images itself, loads nothing and runs nothing (its content security policy says so), and is light or dark as wanted.
 */
export async function camReport(report: Report): Promise<string> {
  const { result, picture, view, measured } = report;
  const { width, height, rgba } = picture;
  const png = async (pixels: Uint8Array | Uint8ClampedArray, across: number, down: number): Promise<string> =>
    `data:image/png;base64,${Buffer.from(await encodePng(pixels, across, down)).toString('base64')}`;
  const { raw } = result;
  const images = [
    figure('Picture', await png(rgba, width, height), ''),
    figure(
      'Heat map',
      await png(overlay(picture, result.map, view.palette, view.opacity, view.blend), width, height),
      '',
    ),
    figure(rawCaption(raw), await png(signedPixels(raw), raw.width, raw.height), 'raw'),
  ];
  const title = `${result.methodTitle}: ${result.imageName}`;
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<div class="figures">${images.join('')}</div>
${classTable(result)}
${factTable(result)}
${measured ? metricSection(measured) : ''}
</body>
</html>
`;
}

const STYLE = `:root{color-scheme:light dark;--line:#ccc;--mark:#0a58ca}
@media (prefers-color-scheme:dark){:root{--line:#555;--mark:#8ab4f8}}
body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
.figures{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;flex:1 1 16rem}figure img{width:100%;height:auto}
.raw img{image-rendering:pixelated}
table{border-collapse:collapse}
th,td{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.number{text-align:right;font-variant-numeric:tabular-nums}
tr.target{font-weight:bold;color:var(--mark)}
svg{width:18rem;max-width:100%;height:auto}
.curve{fill:none;stroke:var(--mark);stroke-width:2;vector-effect:non-scaling-stroke}
.axis{fill:none;stroke:var(--line);vector-effect:non-scaling-stroke}
@media print{body{margin:0}}`;

function figure(caption: string, source: string, kind: string): string {
  const text = escaped(caption);
  return `<figure class="${kind}"><img src="${source}" alt="${text}"><figcaption>${text}</figcaption></figure>`;
}

function rawCaption({ width, height, values }: CamMapData): string {
  const [least, greatest] = rangeOf(values);
  const span = `${significant(least)} to ${significant(greatest)}`;
  return `Map before its ReLU, ${width}×${height}, ${span}: red speaks for it, blue against`;
}

function rangeOf(values: Float32Array): readonly [number, number] {
  return [
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
}

/** Zero in the middle of the palette. */
function signedPixels({ values }: CamMapData): Uint8Array {
  const [least, greatest] = rangeOf(values);
  const reach = Math.max(-least, greatest) || 1;
  const pixels = new Uint8Array(4 * values.length).fill(255);
  for (const [i, value] of values.entries()) {
    const at = 3 * paletteIndex(0.5 + value / (2 * reach));
    pixels.set(SIGNED_PALETTE.subarray(at, at + 3), 4 * i);
  }
  return pixels;
}

function classTable({ classes, about }: CamResult): string {
  const shown = classes.filter(({ index }, rank) => rank < 10 || about.includes(index));
  const rows = shown.map(({ index, name, probability, logit }) => {
    const kind = about.includes(index) ? ' class="target"' : '';
    const cells = [number(percent(probability)), number(significant(logit))].join('');
    return `<tr${kind}><td>${escaped(name || `class ${index}`)}</td>${number(String(index))}${cells}</tr>`;
  });
  const header = '<tr><th>Class</th><th>Index</th><th>Probability</th><th>Score</th></tr>';
  return `<h2>Classes</h2>\n<table>${header}${rows.join('')}</table>`;
}

function factTable(result: CamResult): string {
  const { selfCheck, unchecked, fused, targetTitle, augment, relativeError, errorBound, fellBack, note, empty } =
    result;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Model', result.modelName],
    ['Method', `${result.methodTitle}${augment ? ', mean of six copies of the picture' : ''}`],
    ['Target', targetTitle],
    ['Layer', fused ? `${fused.layers.join(', ')}: their ${fused.fuse}` : result.layer],
    ['Gradient', result.mode],
    ['Instead of reverse mode', fellBack],
    ['Error of the gradient', relativeError?.toExponential(1)],
    ['Error of the gradient, at most', errorBound?.toExponential(1)],
    ['Self-check', unchecked ?? `${selfCheck.toExponential(1)} relative error`],
    ['Preprocessing', result.preprocessing],
    ['Note', note || undefined],
    ['Map', empty],
  ];
  const rows = facts.flatMap(([name, text]) =>
    text === undefined ? [] : [`<tr><th>${name}</th><td>${escaped(text)}</td></tr>`],
  );
  return `<h2>How</h2>\n<table>${rows.join('')}</table>`;
}

function metricSection({ metrics, curves, truth }: CamMetrics): string {
  const against = truth === undefined ? '' : `<p>Compared with ${escaped(truth)}.</p>`;
  return `<h2>Metrics</h2>\n${against}<table>${metrics.map(metricRow).join('')}</table>\n${curves.map(curveFigure).join('')}`;
}

function metricRow({ title, value, unit, better, note }: CamMetric): string {
  const way = better === undefined ? '' : `${better} is better`;
  return `<tr><th>${escaped(title)}</th>${number(measure(value, unit))}<td>${way}</td><td>${escaped(note)}</td></tr>`;
}

/** Both axes from 0 to 1; a curve of scores that leave that range is drawn over its own. */
function curveFigure({ title, x, y, area }: CamCurve): string {
  const top = Math.max(1, ...y);
  const bottom = Math.min(0, ...y);
  const points = x.map((share, i) => {
    const height = ((y[i] ?? Number.NaN) - bottom) / (top - bottom);
    return `${(100 * share).toFixed(2)},${(60 * (1 - height)).toFixed(2)}`;
  });
  const text = escaped(`${title}: area ${significant(area)}`);
  const shape = `<path class="axis" d="M0 0V60H100"/><polyline class="curve" points="${points.join(' ')}"/>`;
  return `<figure><svg viewBox="-1 -1 102 62" role="img" aria-label="${text}">${shape}</svg><figcaption>${text}</figcaption></figure>`;
}

function number(text: string): string {
  return `<td class="number">${escaped(text)}</td>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names come from files: text, never markup. */
function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
