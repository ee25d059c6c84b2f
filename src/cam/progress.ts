interface Told {
  /** How much of long work is done; a part of it that is halfway counts as a half. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A question that is one of several parts of longer work: what it tells is its share of the whole. */
export function partOf<Q extends Told>(question: Q, part: number, parts: number): Q {
  const { onProgress } = question;
  if (!onProgress || parts === 1) return question;
  return {
    ...question,
    onProgress: (done: number, total: number) => onProgress(part + (total > 0 ? done / total : 0), parts),
  };
}

/** A question that tells nothing, where whoever asks does. */
export function quiet<Q extends Told>({ onProgress: _untold, ...question }: Q): Omit<Q, 'onProgress'> {
  return question;
}
