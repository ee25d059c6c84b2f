/** Messages between the extension host and the sweep panel. Columns are typed arrays, one entry per point; NaN is unknown. */
import type { Changes, HardwareChoice, Knob } from './graphPanel';

/** What is varied: a range, or the values themselves. Keys as in a Knob. */
export type AxisRequest = { readonly key: string } & (
  | { readonly values: readonly number[] }
  | { readonly low: number; readonly high: number; readonly count: number; readonly log?: boolean }
);

export interface SweepRequest {
  readonly x: AxisRequest;
  readonly y: AxisRequest;
}

export interface SweepAxis {
  readonly key: string;
  readonly values: readonly number[];
}

/** Figures of points: of the grid, row by row, x fastest; or of one point. */
export interface PointColumns {
  /** Images per run. */
  readonly images: Float64Array;
  readonly seconds: Float64Array;
  readonly cycles: Float64Array;
  readonly energyJoules: Float64Array;
  /** Mean of the layers' utilizations, weighted by their time: 0–1. */
  readonly utilization: Float64Array;
  /** Layers that no figure includes. */
  readonly unknownNodes: Float64Array;
}

export interface SweepResult {
  readonly x: SweepAxis;
  readonly y: SweepAxis;
  readonly points: PointColumns;
  /** Why no hardware can have the point's values; '' where it can. */
  readonly problems: readonly string[];
  /** 1 where layers are unknown that are known at another point: not to be compared with it. */
  readonly partial: Uint8Array;
  /** One point: nothing varied. */
  readonly preset: PointColumns;
}

/** How the panel shows a result; '' for what the panel chooses itself. */
export interface SweepView {
  readonly shown: string;
  readonly metric: string;
  readonly cost: string;
}

export interface SweepOpening {
  /** Opaque: the panel keeps it in its state under `restore`, and the host gets it back after Reload Window. */
  readonly restore: string;
  readonly modelName: string;
  readonly hardware: readonly HardwareChoice[];
  readonly hardwareId: string;
  readonly hardwareName: string;
  /** What can be varied, the batch first; the values are those that the sweep starts from. */
  readonly knobs: readonly Knob[];
  /** What differs from the hardware's file at all points. */
  readonly changes: Changes;
  /** Sentences to show above the chart. */
  readonly warnings: readonly string[];
  /** Asked for last on this hardware, unless it was never. */
  readonly request: SweepRequest | undefined;
  readonly view: SweepView | undefined;
}

/** What the panel asks of the host. */
export interface SweepHost {
  ready(): Promise<SweepOpening>;
  /** What was tried out on the hardware before is forgotten; the batch stays. */
  setHardware(id: string): Promise<SweepOpening>;
  /** A newer question gives up one under way. Undefined when it was given up. */
  run(request: SweepRequest): Promise<SweepResult | undefined>;
  cancel(): Promise<void>;
  /** Shows a point's values as what-if in the model's graph panel. `open`: opens it where it is not. Answers whether it is open. */
  tryOut(values: Changes, open: boolean): Promise<boolean>;
  /** Saves the hardware with a point's values as a file of its own. */
  saveHardware(values: Changes): Promise<void>;
  /** Saves the result shown as CSV. */
  saveCsv(): Promise<void>;
  savePng(suggestedName: string, png: Uint8Array): Promise<void>;
  /** Choices to remember between sessions. */
  remember(view: SweepView): Promise<void>;
}

/** What the host asks of the panel. */
export interface SweepPanel {
  /** The model or a hardware file changed on disk: ask again. */
  update(opening: SweepOpening): void;
  /** `refining`: the result is there, and is searched further. */
  progress(done: number, all: number, refining: boolean): void;
  /** A result of the question under way from a quick search: times lie above what is found in the end, by up to 20 % where measured. */
  preview(result: SweepResult): void;
  showError(message: string): void;
}
