/** The colours and fonts of VS Code's current theme, read from its CSS variables for the canvas. */
import { contrast, css, divergingColors, type HeatColors, heatColors, luminance, mix, type Rgb } from './colors';

export interface Theme {
  readonly dark: boolean;
  readonly highContrast: boolean;
  readonly background: string;
  readonly foreground: string;
  readonly dim: string;
  readonly card: string;
  readonly border: string;
  /** Small nodes without a heat. */
  readonly idle: string;
  readonly wire: string;
  readonly focus: string;
  readonly hover: string;
  readonly found: string;
  readonly shadow: string;
  /** Behind the nodes of one kernel, and its outline. */
  readonly kernel: string;
  readonly kernelEdge: string;
  /** Behind the members of an open group, one tone inside the other in turn, and its outline. */
  readonly grounds: readonly [outer: string, inner: string];
  readonly groundEdge: string;
  readonly fontFamily: string;
  readonly heat: HeatColors;
  readonly diverging: HeatColors;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const variable = (name: string) => style.getPropertyValue(`--vscode-${name}`).trim();
  const color = (names: readonly string[], fallback: Rgb): Rgb => {
    const found = names.map(variable).find((value) => value !== '');
    return found && probe ? parse(probe, found) : fallback;
  };
  const classes = document.body.classList;
  const highContrast = classes.contains('vscode-high-contrast') || classes.contains('vscode-high-contrast-light');
  const background = color(['editor-background'], [30, 30, 30]);
  const dark = luminance(background) < 0.18;
  const ink: Rgb = dark ? [255, 255, 255] : [0, 0, 0];
  const foreground = color(['editor-foreground', 'foreground'], mix(background, ink, 0.85));
  const card = highContrast ? background : mix(color(['editorWidget-background'], background), ink, dark ? 0.02 : 0);
  const focus = color(['focusBorder'], [0, 127, 212]);
  return {
    dark,
    highContrast,
    background: css(background),
    foreground: css(foreground),
    dim: css(mix(card, foreground, 0.68)),
    card: css(card),
    border: css(highContrast ? color(['contrastBorder'], foreground) : mix(background, foreground, 0.24)),
    idle: css(mix(background, foreground, 0.28)),
    wire: css(mix(background, foreground, highContrast ? 0.9 : 0.5)),
    focus: css(contrast(focus, background) < 2.5 ? foreground : focus),
    hover: css(mix(background, foreground, 0.7)),
    found: css(color(['editorWarning-foreground', 'charts-orange'], [217, 119, 6])),
    kernel: css(highContrast ? background : mix(background, foreground, 0.11)),
    kernelEdge: css(mix(background, foreground, highContrast ? 0.75 : 0.34)),
    grounds: highContrast
      ? [css(background), css(background)]
      : [css(mix(background, foreground, 0.045)), css(mix(background, foreground, 0.08))],
    groundEdge: css(mix(background, foreground, highContrast ? 0.9 : 0.2)),
    shadow: `rgb(0 0 0 / ${dark ? 0.4 : 0.14})`,
    fontFamily: style.getPropertyValue('--vscode-font-family').trim() || 'system-ui, sans-serif',
    heat: heatColors(card, dark),
    diverging: divergingColors(card, dark),
  };
}

/** Any CSS colour as numbers, translucent ones as they are without their alpha. */
function parse(probe: CanvasRenderingContext2D, value: string): Rgb {
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = value;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** Calls back when VS Code changes its theme: it changes the classes and the style of the document. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
