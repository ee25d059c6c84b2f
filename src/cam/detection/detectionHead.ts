import type { DataType, Graph, TensorInfo } from '../../graph/graph';
import type { Coordinates } from './boxCoordinates';

/** A quantity of every anchor in a tensor: channel k of anchor a is element `first + a·perAnchor + k·perChannel`. */
export interface Field {
  readonly tensor: string;
  readonly first: number;
  readonly perAnchor: number;
  readonly perChannel: number;
  readonly channels: number;
}

/** What a detector's outputs mean. An anchor is a place for one box. */
export interface DetectionHead {
  /** Family, for people. */
  readonly title: string;
  readonly anchors: number;
  /** Four numbers. */
  readonly boxes: Field;
  /** The ways in which the four numbers may be meant; the first under which most boxes make sense is right. */
  readonly coordinates: readonly Coordinates[];
  /** A number per class; or one, where `labels` holds the class. */
  readonly scores: Field;
  /** How sure it is that there is any object; the score of a class is its product with the class's. */
  readonly objectness?: Field;
  readonly labels?: Field;
  /** Scores may be logits, or hold a class that stands for none. */
  readonly openScores?: boolean;
  /** Why nothing behind this output can be differentiated, and what to do, in one sentence. */
  readonly noGradient?: string;
}

export interface HeadOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: DataType | undefined;
}

/** What is known of a model before it runs. */
export interface HeadContext {
  readonly outputs: readonly HeadOutput[];
  readonly graph: Graph;
  readonly infos: ReadonlyMap<string, TensorInfo>;
  readonly producer: string;
  /** Of the model's input, in pixels. */
  readonly width: number;
  readonly height: number;
  /** How many classes there are, where the model's metadata say so. */
  readonly classes?: number;
}

/** A family of detectors: a file in src/cam/heads, registered in detections.ts. */
export interface HeadFamily {
  /** What of a model's outputs looks like this family's, by shapes alone. */
  match(context: HeadContext): readonly DetectionHead[];
}

export function fieldElement({ first, perAnchor, perChannel }: Field, anchor: number, channel: number): number {
  return first + anchor * perAnchor + channel * perChannel;
}
