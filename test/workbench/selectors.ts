/** Every selector that the tests use inside VS Code's page and inside our webviews. */

/** VS Code's own page. The explorer's rows and the context menu are in scripts/workbench/page.mjs, shared with the demo. */
export const vscode = {
  paletteInput: '.quick-input-widget input[type=text]',
  paletteOption: '.quick-input-list [role=option]',
  toast: '.notifications-toasts .notification-list-item-message',
  tab: '.tabs-container [role=tab]',
  /** What VS Code itself shows of a model: that it is binary, or its bytes as text. */
  plainFile: '.monaco-editor-pane-placeholder, .monaco-editor .view-line',
  webview: 'iframe.webview',
  unsavedTab: '.tabs-container .tab.dirty',
  editorHover: '.monaco-hover:visible',
  suggestion: '.suggest-widget [role=option]',
  trustButton: '.workspace-trust-editor .workspace-trust-buttons-row .monaco-button:has-text("Trust")',
  codeLine: '.monaco-editor .view-line',
  problems: '.markers-panel',
  /** An entry of the Problems view reads `message` `source` `[Ln 8, Col 16]`. */
  problem: '.markers-panel [role=treeitem]:has-text("[Ln ")',
  quickFix: '.action-widget [role=option]',
  runningExtension: '.runtime-extensions-editor .monaco-list-row',
} as const;

/** The graph panel. */
export const graph = {
  root: '#app',
  canvas: '#graph canvas',
  /** `data-painted` counts the nodes painted in the last frame. */
  painted: '#graph canvas[data-painted]:not([data-painted="0"])',
  /** The visually hidden mirror of the nodes; a layer's item reads `name, operator, 1.23 ms, 8.9 %`. */
  nodes: '#graph-nodes',
  node: '#graph-nodes [data-node]',
  /** A group's reads `path, class, 12 layers, 1.23 ms, 8.9 %`. */
  group: '#graph-nodes [data-group]',
  groupMenu: '.for-groups vscode-button',
  groupMenuEntry: '.for-groups [role=menuitem]',
  totals: '#totals',
  search: '#search',
  hardware: '#hardware',
  metric: '#color-by',
  exportMenu: '#toolbar .menu-holder:not(.for-groups) vscode-button',
  exportMenuEntry: '#toolbar .menu-holder:not(.for-groups) [role=menuitem]',
  hoverCard: '#hover-card',
  details: '#details',
  selected: '#graph-nodes [aria-selected=true]',
  graphTab: '#tab-graph',
  layersTab: '#tab-layers',
  rooflineTab: '#tab-roofline',
  timelineTab: '#tab-timeline',
  chosenTab: '[role=tab][aria-selected=true]',
  tableRow: '#layers .rows [role=row]',
  /** A chart takes the keys; its canvas has the class `over-node` while the pointer is over a layer. */
  roofline: '#roofline .chart',
  timeline: '#timeline .chart',
  whatIf: '#what-if',
  whatIfToggle: '[aria-controls=what-if]',
  /** A number of the hardware in the drawer: a slider and a field. */
  knob: (key: string) => `#what-if [data-key="${key}"]`,
  whatIfButton: '#what-if vscode-button',
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
  /** Of the menu of what can be saved. */
  save: '#cam-save vscode-button',
  saveAs: (words: string) => `#cam-save [role=menuitem]:has-text("${words}")`,
  method: '#cam-method',
  /** In a narrow panel the rest of the controls is behind a button. */
  more: '.controls .more',
  target: '#cam-target',
  /** Above the overlay, where lines of equal value are wanted. */
  contour: '#cam-contour',
  mode: '#cam-mode',
  segment: '#cam-segments button',
  concept: '#cam-concept',
  lines: 'canvas.lines',
  blend: '#cam-blend',
  tab: (id: string) => `#cam-tab-${id}`,
  chosenTab: '[role=tab][aria-selected=true]',
  tile: (tab: string) => `#cam-${tab}-tiles [role=option]`,
  measure: '#cam-measure',
  compare: '#cam-truth',
  metric: '#cam-metrics tbody tr',
  curve: '.chart polyline',
  grid: (id: string) => `#cam-${id}-grid`,
  saliency: '#cam-saliency canvas',
  severalImages: 'header vscode-button:has-text("Several images")',
  picture: '#cam-series [role=option]',
  place: '#cam-series-place',
  next: '.series vscode-button:has-text("Next")',
  play: '#cam-play',
  facts: '#cam-facts',
  title: 'h1',
  /** Around what the network saw, where that is not all of the picture. */
  seen: '.stage .main .seen',
  progress: '#progress',
  cancel: '#cam-cancel',
  retry: '#cam-retry',
  error: '#error',
} as const;

/** The sweep panel. */
export const sweep = {
  /** `data-ready` counts the results that were shown. */
  ready: '#app[data-ready]',
  map: '#sweep-map',
  card: '#sweep-card',
  tab: '[role=tab]',
  tableRow: '#sweep-table tbody tr',
  /** The fields of the axis across (x) or up (y). */
  key: (axis: 'x' | 'y') => `#sweep-${axis}`,
  spacing: (axis: 'x' | 'y') => `#sweep-${axis}-spacing`,
  list: (axis: 'x' | 'y') => `#sweep-${axis}-list`,
  point: '#sweep-point',
  problem: '#warnings .error',
  saveCsv: '#sweep-save-csv',
  savePng: '#sweep-save-png',
} as const;

/** What the extension is called in VS Code's menus and palette. */
/** The bar and the table of a comparison, in the graph panel. */
export const comparison = {
  bar: '#compare-bar:not([hidden])',
  total: '#compare-bar .compare-side b',
  choose: '#compare-with',
  other: '#compare-other',
  stop: '#compare-stop',
  tab: '#tab-difference',
  filter: '#difference vscode-text-field input',
  summary: '#difference .table-tools [aria-live]',
  table: '#difference [role=grid]',
  row: '#difference .rows [role=row]',
  chosen: '#difference [aria-selected=true]',
} as const;

export const commands = {
  profile: 'EVO: Profile Model',
  showGradCam: 'EVO: Show Grad-CAM',
  sweep: 'EVO: Sweep Hardware',
  exportExplained: 'EVO: Export Self-Explaining Model',
  compare: 'EVO: Compare Models',
  searchLayers: 'EVO: Search Layers',
  openToTheSide: 'Open to the Side',
} as const;
