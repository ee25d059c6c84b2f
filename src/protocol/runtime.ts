/** Messages between the extension host (or the CLI) and the runtime child, the only process that loads models natively. */
import type { DataType } from '../graph/graph';

export interface RuntimeTensor {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Little-endian elements. */
  readonly data: Uint8Array;
}

/** A model to load: bytes appended to a file's (protobuf merges concatenated messages), or a model by itself. */
export interface SessionSource {
  readonly path: string;
  /** A whole model instead of the file's bytes; what it says of external data is relative to the folder of `path`. */
  readonly whole?: Uint8Array;
  /** Appended to the file's bytes; absent to run the file as it is. */
  readonly appended?: Uint8Array;
  /** `disabled | basic | extended | all`; default all. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
}

export interface SessionInfo {
  readonly id: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Element types of the outputs, in their order; undefined for one that is no tensor. */
  readonly outputTypes: readonly (DataType | undefined)[];
  readonly milliseconds: number;
}

/** Tensors by name. */
export type RuntimeTensors = Readonly<Record<string, RuntimeTensor>>;

export interface RunResult {
  readonly outputs: RuntimeTensors;
  /** Wall time of the run itself, without the transfer between processes. */
  readonly milliseconds: number;
  /** CPU time of all of the child's threads during the run. */
  readonly cpuMilliseconds: number;
}

/** What the child answers to. */
export interface RuntimeApi {
  load(source: SessionSource): Promise<SessionInfo>;
  run(session: number, feeds: RuntimeTensors, fetches?: readonly string[]): Promise<RunResult>;
  release(session: number): Promise<void>;
}
