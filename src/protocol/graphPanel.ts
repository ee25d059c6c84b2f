/** Messages between the extension host and the graph panel. Columns are typed arrays, one entry per node. */

/** The structure to draw. Sent once per model. */
export interface SceneData {
  /** Shown in the totals bar: file name, format, producer, opset. */
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly nodeCount: number;
  /** Graph inputs come first, then operator nodes, then graph outputs; see `kind`. */
  readonly kind: Uint8Array; // 0 operator, 1 graph input, 2 graph output
  /** For operator nodes the node id of the report's columns; -1 for inputs and outputs. */
  readonly reportIndex: Int32Array;
  readonly names: readonly string[];
  /** Distinct operator names; `operator` indexes it. */
  readonly operators: readonly string[];
  readonly operator: Uint16Array;
  /** Colour family of the operator, see `CATEGORIES`. */
  readonly category: Uint8Array;
  /** First output's shape for people, e.g. `1×64×112×112`; '?' where unknown. */
  readonly shapes: readonly string[];
  /** A short line of attributes worth seeing on the node, e.g. `3×3 /2`; often ''. */
  readonly notes: readonly string[];
  /** Pairs source, target (scene indices). */
  readonly edges: Uint32Array;
  /** Per edge: index into `tensors`. */
  readonly edgeTensor: Uint32Array;
  readonly tensors: readonly string[];
  readonly tensorShapes: readonly string[];
}

export const CATEGORIES = [
  'other',
  'convolution',
  'matrix',
  'activation',
  'pooling',
  'normalization',
  'elementwise',
  'movement',
  'reduction',
  'quantization',
  'control',
  'input/output',
] as const;

export const BOUNDS = [
  'unknown',
  'compute',
  'globalBuffer',
  'offChip',
  'peFill',
  'ramp',
  'drain',
  'launch',
  'free',
] as const;

export const TERMS = ['compute', 'globalBuffer', 'offChip', 'peFill', 'ramp', 'drain', 'launch'] as const;

/** Predicted costs of every operator node on one hardware. NaN is unknown. Sent again whenever the hardware changes. */
export interface ReportData {
  readonly hardwareId: string;
  readonly hardwareName: string;
  readonly frequency: number;
  readonly cycles: Float64Array;
  readonly seconds: Float64Array;
  /** Row of the kernel in which a fused node runs, costing nothing more; -1 for a node with a kernel of its own. */
  readonly fusedInto: Int32Array;
  /** Rank by seconds, 1 = slowest; 0 where no time is spent, or an unknown one. */
  readonly rank: Uint32Array;
  /** seven per node, in the order of TERMS, seconds. */
  readonly terms: Float64Array;
  readonly bound: Uint8Array; // index into BOUNDS
  readonly macs: Float64Array;
  readonly flops: Float64Array;
  readonly parameters: Float64Array;
  /** Bytes read and written by the layer: input, weight, output (3 per node). */
  readonly bytes: Float64Array;
  readonly utilization: Float64Array;
  readonly lowerBound: Float64Array;
  readonly energy: Float64Array;
  /** Tile chosen, or why the node is free or unknown, one line each. */
  readonly mapping: readonly string[];
  /** What would make the layer faster, one line each; '' where nothing is to be said. */
  readonly advice: readonly string[];
  readonly totals: Totals;
}

/** Sums over the nodes; lower bounds where `unknownNodes` is not 0, NaN where nothing is known. */
export interface Totals {
  readonly seconds: number;
  readonly cycles: number;
  readonly macs: number;
  readonly flops: number;
  readonly parameters: number;
  readonly memoryAccessBytes: number;
  readonly energyJoules: number;
  readonly lowerBoundSeconds: number;
  /** 0–1: MACs of costed nodes over all MACs; NaN where a node may have MACs that are not known. */
  readonly costedMacsFraction: number;
  readonly unknownNodes: number;
  /** Share of the total in each bound, in the order of BOUNDS. */
  readonly boundShare: readonly number[];
}

export interface HardwareChoice {
  readonly id: string;
  readonly label: string;
  /** One line: engine, PEs, frequency, bandwidth. */
  readonly description: string;
  readonly group: 'preset' | 'workspace';
}

export interface NodeDetails {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly doc: string;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  readonly inputs: readonly TensorDetails[];
  readonly outputs: readonly TensorDetails[];
  readonly metadata: readonly { readonly name: string; readonly value: string }[];
}

export interface TensorDetails {
  readonly name: string;
  readonly type: string;
  readonly shape: string;
  readonly bytes: number;
  /** A constant of the model: its first values, or why they cannot be had. */
  readonly constant?: string;
}

/** A free dimension and what it is bound to. */
export interface Binding {
  readonly name: string;
  readonly value: number | undefined;
}

/** What the panel asks of the host. */
export interface GraphHost {
  /** The panel is ready; the host answers with everything it has to draw. */
  ready(): Promise<GraphOpening>;
  setHardware(id: string): Promise<ReportData>;
  /** Lets the user pick a *.evohw.json; undefined when cancelled. */
  pickHardware(): Promise<GraphOpening | undefined>;
  setBatch(batch: number): Promise<GraphOpening>;
  bind(bindings: readonly Binding[]): Promise<GraphOpening>;
  nodeDetails(sceneIndex: number): Promise<NodeDetails>;
  showGradCam(sceneIndex?: number): Promise<void>;
  copy(text: string): Promise<void>;
  /** Offers a file dialog; `data` is text or bytes. */
  save(suggestedName: string, data: string | Uint8Array): Promise<void>;
  log(message: string): Promise<void>;
}

export interface GraphOpening {
  readonly scene: SceneData;
  readonly report: ReportData;
  readonly hardware: readonly HardwareChoice[];
  readonly batch: number;
  readonly bindings: readonly Binding[];
  /** Sentences to show above the graph: missing shapes, unknown operators, missing external data, a new opset. */
  readonly warnings: readonly string[];
  /** Why models cannot be run here (untrusted or virtual workspace); '' when they can. */
  readonly runBlocked: string;
}

/** What the host asks of the panel. */
export interface GraphPanel {
  /** The file changed on disk, or another hardware file: draw this instead, keep the reader's place. */
  update(opening: GraphOpening): void;
  showReport(report: ReportData, hardware: readonly HardwareChoice[]): void;
  showError(message: string): void;
  /** Commands with keybindings arrive here. */
  command(name: 'search' | 'fit' | 'zoomIn' | 'zoomOut' | 'nextSlowest'): void;
  /** Answers what is shown; for tests of the real thing and bug reports. */
  describe(): { readonly painted: number; readonly selected: string; readonly zoom: number };
}
