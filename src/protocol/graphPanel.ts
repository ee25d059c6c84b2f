/** Messages between the extension host and the graph panel. Columns are typed arrays, one entry per node. */
import type { Advice } from '../latency/advice/advice';
import type { Totals } from '../latency/totals';
import type { ComparisonData } from './comparison';
import type { TensorStatistics } from './tensors';

export type { Advice, TensorStatistics };

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
  /** '?' where unknown. */
  readonly tensorTypes: readonly string[];
  /** NaN where unknown. */
  readonly tensorBytes: Float64Array;
  readonly groups: GroupData;
}

/** Modules of the network, one inside another. Columns are one entry per group, parents before their children, siblings in the order of execution. */
export interface GroupData {
  /** Where they come from: names that the exporter wrote, repeated blocks, or neither. */
  readonly source: 'names' | 'structure' | 'none';
  readonly names: readonly string[];
  /** The module's class, or the operators of a block; '' where nothing is known. */
  readonly kinds: readonly string[];
  /** -1 at the top. */
  readonly parent: Int32Array;
  /** Innermost group of each item of the scene; -1 for none. */
  readonly of: Int32Array;
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

/** What every operator node has to do, whatever the hardware. NaN is unknown. */
export interface WorkData {
  readonly macs: Float64Array;
  readonly flops: Float64Array;
  readonly parameters: Float64Array;
  /** Bytes read and written by the layer: input, weight, output (3 per node). */
  readonly bytes: Float64Array;
}

/** Predicted costs of every operator node on one hardware. NaN is unknown. Sent again whenever the hardware changes. */
export interface ReportData extends WorkData {
  /** Tells reports of one panel apart: an Explanation is of the report with the same number. */
  readonly revision: number;
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
  readonly utilization: Float64Array;
  readonly lowerBound: Float64Array;
  readonly energy: Float64Array;
  /** Four per node, in the order of ENERGY_LEVELS, joules. */
  readonly energyTerms: Float64Array;
  /** Tile chosen, or why the node is free or unknown, one line each. */
  readonly mapping: readonly string[];
  /** Off-chip bytes of the layer's kernel, whatever is fused into it included: input, weight, output (3 per node). */
  readonly offChipBytes: Float64Array;
  /** Bytes that the layer's kernel takes from on-chip memory instead, and those that it leaves there: input, output (2 per node). */
  readonly residentBytes: Float64Array;
  /** Names of the tensors that stay on chip between kernels. */
  readonly residentTensors: readonly string[];
  /** Ceilings of the hardware, for the roofline. */
  readonly roofs: readonly Roof[];
  readonly totals: Totals;
  readonly whatIf: WhatIf;
}

/** What no layer can exceed: arithmetic in FLOP/s (2 per multiply-accumulate), or the bytes per second of a level. */
export interface Roof {
  readonly label: string;
  readonly flopsPerSecond?: number;
  readonly bytesPerSecond?: number;
}

/** What can be tried out on the report's hardware, and what was there before anything was changed. */
export interface WhatIf {
  readonly knobs: readonly Knob[];
  readonly choices: readonly KnobChoice[];
  /** A sentence on what cannot be tried out; '' where there is none. */
  readonly note: string;
  /** Totals of the hardware as its file has it, at the batch in force before. */
  readonly preset: Pick<Totals, 'seconds' | 'energyJoules' | 'unknownNodes'> & { readonly batch: number };
}

/** A number of the hardware file, or the batch. */
export interface Knob {
  /** As a hardware file has it, sub-keys after a dot: `frequency`, `lanes.float16`; the batch is BATCH_KNOB. */
  readonly key: string;
  readonly unit: '' | 'Hz' | 'B/s' | 'B' | 'B/cycle' | 'bit' | 's';
  readonly value: number;
  /** Before the change. */
  readonly preset: number;
  /** What a hardware file may have. */
  readonly low: number;
  readonly high: number;
  readonly integer: boolean;
  /** Seldom of interest: shown on request. */
  readonly minor: boolean;
}

/** One of a few words of the hardware file: a dataflow, how terms combine. */
export interface KnobChoice {
  readonly key: string;
  readonly value: string;
  readonly preset: string;
  readonly choices: readonly string[];
  /** Seldom of interest: shown on request. */
  readonly minor: boolean;
}

export const BATCH_KNOB = 'batch';
/** Type of the network's floating-point elements; AS_IN_MODEL leaves each as it is. */
export const ELEMENT_TYPE_KNOB = 'element_type';
export const AS_IN_MODEL = 'as in the model';

/** Whether a key is of the network and no part of a hardware file. */
export function isOfTheModel(key: string): boolean {
  return key === BATCH_KNOB || key === ELEMENT_TYPE_KNOB;
}

/** Values by key; keys that are absent stay as the preset has them. */
export type Changes = Readonly<Record<string, number | string>>;

/** Another report of the same graph; its sizes where another batch changed them. */
export interface WhatIfAnswer {
  /** The columns of WorkData only where they are others than before. */
  readonly report: Omit<ReportData, keyof WorkData> & Partial<WorkData>;
  readonly batch: number;
  readonly shapes?: Pick<SceneData, 'shapes' | 'tensorShapes' | 'tensorTypes' | 'tensorBytes'>;
}

export interface HardwareChoice {
  readonly id: string;
  readonly label: string;
  /** Engine, PEs, frequency, bandwidth; on a second line what is known of its accuracy. */
  readonly description: string;
  readonly group: 'preset' | 'workspace';
}

/** Why a layer takes its time and what would change that; worked out when it is asked for. */
export interface Explanation {
  /** Of the report that it is about; out of date where another one is shown by now. */
  readonly revision: number;
  /** The bound first, then the changes, the largest gain first. Empty where nothing runs. */
  readonly advice: readonly Advice[];
}

export type ExportFormat = 'trace' | 'json' | 'dot';

export interface NodeDetails {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly doc: string;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  readonly inputs: readonly TensorDetails[];
  readonly outputs: readonly TensorDetails[];
  readonly metadata: readonly { readonly name: string; readonly value: string }[];
  /** Graphs inside of the node: branches and bodies, or the local function that it calls. */
  readonly bodies: readonly { readonly label: string; readonly nodes: number }[];
}

export interface TensorDetails {
  readonly name: string;
  readonly type: string;
  readonly shape: string;
  readonly bytes: number;
  /** A constant of the model. */
  readonly constant?: ConstantDetails;
}

export interface ConstantDetails {
  /** Its first values, or why they cannot be had. */
  readonly values: string;
  /** Whether it has statistics and can be saved. */
  readonly readable: boolean;
  /** Its statistics are of a sample: it is too large for looking at each element. */
  readonly sampled: boolean;
  /** Scene indices of all nodes that read it, in the order of the file. */
  readonly readers: readonly number[];
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
  /** Predicts with these values instead of the preset's, all of them each time. `moving`: more follow at once. */
  whatIf(changes: Changes, moving: boolean): Promise<WhatIfAnswer>;
  /** Saves the changed hardware as a file of its own, which is then in use; undefined when cancelled. */
  saveHardware(): Promise<GraphOpening | undefined>;
  /** What the model is compared with, to the report shown last; undefined where it is not. */
  comparison(): Promise<ComparisonData | undefined>;
  /** Lets the user choose another hardware or model to compare with; answers whether one was chosen. */
  compareWith(): Promise<boolean>;
  stopComparing(): Promise<void>;
  /** Shows the other side's graph or hardware, compared with this one. */
  showOther(): Promise<void>;
  nodeDetails(sceneIndex: number): Promise<NodeDetails>;
  /** Of a constant that a node of the scene reads. Reads the whole of it, or a sample, unless `stopReading` comes first. */
  tensorStatistics(tensor: string): Promise<TensorStatistics>;
  /** What is being read of constants is wanted no more. */
  stopReading(): Promise<void>;
  /** Asks where to, and writes a constant as a .npy file. Answers a note on how its elements were converted; '' for none. */
  saveTensor(tensor: string): Promise<string>;
  /** Per node of the scene what a search finds besides what the scene has: attributes, tensors, metadata. */
  searchTexts(): Promise<readonly string[]>;
  /** Shows a graph inside of a node (`body` counts NodeDetails.bodies) instead of the one around it. */
  openBody(sceneIndex: number, body: number): Promise<GraphOpening>;
  /** Back to the graph that has so many others around it; 0 is the model's own. */
  leaveBody(depth: number): Promise<GraphOpening>;
  /** Advice for a node of the report shown last; takes some milliseconds the first time. Nothing for inputs and outputs. */
  explain(sceneIndex: number): Promise<Explanation>;
  /** The report shown last as the command line writes it: Chrome trace events, JSON, Graphviz. */
  exportText(format: ExportFormat): Promise<string>;
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
  /** The nodes whose inner graphs were entered to get here, outermost first; empty in the model's own graph. */
  readonly inside: readonly { readonly node: string; readonly body: string }[];
  /** Why models cannot be run here (untrusted or virtual workspace); '' when they can. */
  readonly runBlocked: string;
}

/** What the host asks of the panel. */
export interface GraphPanel {
  /** The file changed on disk, or another hardware file: draw this instead, keep the reader's place. */
  update(opening: GraphOpening): void;
  showReport(report: ReportData, hardware: readonly HardwareChoice[]): void;
  showError(message: string): void;
  /** The model is compared with another one than before, or no longer. */
  comparisonChanged(): void;
  /** Commands with keybindings arrive here. */
  command(name: 'search' | 'fit' | 'zoomIn' | 'zoomOut' | 'nextSlowest'): void;
  /** Answers what is shown; for tests of the real thing and bug reports. */
  describe(): { readonly painted: number; readonly selected: string; readonly zoom: number };
}
