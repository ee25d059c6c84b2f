/** What opening a model is made of. */

/** Milliseconds. */
export interface HostTimes {
  readonly read: number;
  readonly shapes: number;
  readonly scene: number;
  readonly report: number;
}

/** Milliseconds from the request to each step. */
export interface PageTimes {
  /** The host's answer is in the page. */
  readonly received: number;
  readonly layoutStarted: number;
  readonly laidOut: number;
  readonly painted: number;
}
