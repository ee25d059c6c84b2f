/**
 * Questions of which only the newest counts, as a moving slider asks them: one is under way at a time, one waits, and what came in
 * between is never asked.
 */
export class Newest<Question> {
  private readonly ask: (question: Question) => Promise<void>;
  private waiting: { readonly question: Question } | undefined;
  private busy = false;

  /** `ask` must not reject. */
  constructor(ask: (question: Question) => Promise<void>) {
    this.ask = ask;
  }

  /** Resolves when nothing is left to be asked. */
  async put(question: Question): Promise<void> {
    this.waiting = { question };
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.waiting) {
        const next = this.waiting.question;
        this.waiting = undefined;
        await this.ask(next);
      }
    } finally {
      this.busy = false;
    }
  }

  /** Whether a newer question waits: the answer to the one under way is out of date. */
  get overtaken(): boolean {
    return this.waiting !== undefined;
  }
}
