/** Every selector that the tests use inside VS Code's page and inside our webviews. */

/** VS Code's own page. The explorer's rows and the context menu are in scripts/workbench/page.mjs, shared with the demo. */
export const vscode = {
  paletteInput: '.quick-input-widget input[type=text]',
  paletteOption: '.quick-input-list [role=option]',
  toast: '.notifications-toasts .notification-list-item-message',
  tab: '.tabs-container [role=tab]',
  editorHover: '.monaco-hover:visible',
  suggestion: '.suggest-widget [role=option]',
} as const;

/** The graph panel. */
export const graph = {
  root: '#app',
  canvas: '#graph canvas',
  /** `data-painted` counts the nodes painted in the last frame. */
  painted: '#graph canvas[data-painted]:not([data-painted="0"])',
  /** The visually hidden mirror of the nodes; an option reads `name, operator, 1.23 ms, 8.9 %`. */
  nodes: '#graph-nodes',
  node: '#graph-nodes [role=option]',
  totals: '#totals',
  hardware: '#hardware',
  hoverCard: '#hover-card',
  details: '#details',
  error: '#error',
} as const;

/** The heat-map panel. */
export const cam = {
  root: '#cam',
  overlay: 'canvas#cam-overlay',
  class: '#cam-classes [role=option]',
  layer: '#cam-layer',
  opacity: '#cam-opacity',
  colorMap: '#cam-colormap',
  save: '#cam-save',
  error: '#error',
} as const;

/** What the extension is called in VS Code's menus and palette. */
export const commands = {
  profile: 'EVO: Profile Model',
  showGradCam: 'EVO: Show Grad-CAM',
} as const;
