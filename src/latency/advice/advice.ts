/** One thing to know about a layer's time, or one change and what the layer would then take: costed again, never guessed. */
export interface Advice {
  /**
   * `bound`: what the layer waits for; `resource`: a figure of the hardware a tenth better; `channels`: a number of channels that
   * fills the hardware; `batch`: more images at a time; `fusion`: run inside the kernel before it; `unknown`: not costed.
   */
  readonly kind: 'bound' | 'resource' | 'channels' | 'batch' | 'fusion' | 'unknown';
  /** For people, in one short line: `mem_bandwidth +10 %: 8.3 % less time`. */
  readonly text: string;
  /** Share of the layer's time that the change saves, below 1; 0 nothing, negative where it takes longer. Absent where nothing is changed. */
  readonly gain?: number;
}
