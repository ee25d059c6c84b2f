/** A model file that cannot be understood. The message is one sentence for the user; `offset` the byte where it went wrong. */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }
}
