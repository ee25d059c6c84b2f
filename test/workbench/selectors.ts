/** Every selector that the tests use inside VS Code's page and inside our webviews. */

/** VS Code's own page. The explorer's rows and the context menu are in scripts/workbench/page.mjs, shared with the demo. */
export const vscode = {
  paletteInput: '.quick-input-widget input[type=text]',
  paletteOption: '.quick-input-list [role=option]',
  toast: '.notifications-toasts .notification-list-item-message',
  tab: '.tabs-container [role=tab]',
  unsavedTab: '.tabs-container .tab.dirty',
  editorHover: '.monaco-hover:visible',
  suggestion: '.suggest-widget [role=option]',
  trustButton: '.workspace-trust-editor .workspace-trust-buttons-row .monaco-button:has-text("Trust")',
  codeLine: '.monaco-editor .view-line',
} as const;

/** The graph panel. */
export const graph = {
  root: '#app',
  canvas: '#graph canvas',
  /** `data-painted` counts the nodes painted in the last frame. */
  painted: '#graph canvas[data-painted]:not([data-painted="0"])',
  /** The visually hidden mirror of the nodes; a layer's option reads `name, operator, 1.23 ms, 8.9 %`. */
  nodes: '#graph-nodes',
  node: '#graph-nodes [role=option]',
  totals: '#totals',
  hardware: '#hardware',
  hoverCard: '#hover-card',
  details: '#details',
  selected: '#graph-nodes [role=option][aria-selected=true]',
  graphTab: '#tab-graph',
  layersTab: '#tab-layers',
  tableRow: '#layers .rows [role=row]',
  warnings: '#warnings',
  showGradCam: '#show-grad-cam',
  error: '#error',
} as const;

/** The heat-map panel. */
export const cam = {
  /** `data-class` and `data-layer` say what is shown. */
  root: '#cam',
  overlay: 'canvas#cam-overlay',
  class: '#cam-classes [role=option]',
  layer: '#cam-layer',
  opacity: '#cam-opacity',
  colorMap: '#cam-colormap',
  save: '#cam-save',
  /** Around what the network saw, where that is not all of the picture. */
  seen: '.stage .main .seen',
  progress: '#progress',
  cancel: '#cam-cancel',
  retry: '#cam-retry',
  error: '#error',
} as const;

/** What the extension is called in VS Code's menus and palette. */
export const commands = {
  profile: 'EVO: Profile Model',
  showGradCam: 'EVO: Show Grad-CAM',
  openToTheSide: 'Open to the Side',
} as const;
