/** Messages between the extension host (or the CLI) and the runtime child, the only process that loads models natively. */
import type { DataType } from '../graph/graph';

export interface RuntimeTensor {
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Little-endian elements. */
  readonly data: Uint8Array;
}

/** A model to load: bytes appended to a file's (protobuf merges concatenated messages). */
export interface SessionSource {
  readonly path: string;
  /** Appended to the file's bytes; absent to run the file as it is. */
  readonly appended?: Uint8Array;
  /** `disabled | basic | extended | all`; default all. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
}

export interface SessionInfo {
  readonly id: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly milliseconds: number;
}

/** What the child answers to. */
export interface RuntimeApi {
  load(source: SessionSource): Promise<SessionInfo>;
  run(
    session: number,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches?: readonly string[],
  ): Promise<{ readonly outputs: Readonly<Record<string, RuntimeTensor>>; readonly milliseconds: number }>;
  release(session: number): Promise<void>;
}
