/** A value of a JSON text and where it stands: offsets and lengths in UTF-16 units, as editors count. */
export interface JsonNode {
  readonly value: unknown;
  readonly offset: number;
  readonly length: number;
  /** Members of an object by key, of an array by index. */
  readonly members: ReadonlyMap<string, JsonMember>;
}

export interface JsonMember {
  /** The key's place; an array's members have none, theirs is the value's. */
  readonly key: Span;
  readonly node: JsonNode;
}

export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface JsonDocument {
  readonly root: JsonNode;
  /** Keys that stand a second time in the same object, where the last one counts. */
  readonly repeated: readonly (Span & { readonly key: string })[];
}

/** Where a text is not JSON, and why. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Line and column of a place in a text, both from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Where offsets of a text stand; the text is gone through once. */
export function positionsIn(text: string): (offset: number) => TextPosition {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let line = 1;
    for (let above = starts.length; above - line > 0; ) {
      const middle = Math.ceil((line + above) / 2);
      if ((starts[middle - 1] ?? 0) <= offset) line = middle;
      else above = middle - 1;
    }
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
}

/** A hardware file has a few KiB. */
const MOST_CHARACTERS = 1 << 20;

/** Why a text is not read at all, one sentence. */
export function sizeFault({ length }: string): string | undefined {
  if (length <= MOST_CHARACTERS) return undefined;
  return `a hardware file has at most ${MOST_CHARACTERS} characters, this one has ${length}: is it another file?`;
}

/** RFC 8259 with the places of all values; throws JsonSyntaxError. */
export function readJsonText(text: string): JsonDocument {
  return new Reader(text).document();
}

const NONE: ReadonlyMap<string, JsonMember> = new Map();
const MOST_LEVELS = 100;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class Reader {
  private at = 0;
  private level = 0;
  private readonly text: string;
  private readonly repeated: (Span & { readonly key: string })[] = [];

  constructor(text: string) {
    this.text = text;
  }

  document(): JsonDocument {
    if (this.text.startsWith('\uFEFF')) this.at = 1;
    const root = this.value();
    this.space();
    if (this.at < this.text.length) throw this.error('nothing may follow the last closing bracket');
    return { root, repeated: this.repeated };
  }

  private value(): JsonNode {
    this.space();
    const offset = this.at;
    switch (this.text[offset]) {
      case '{':
        return this.nested('}', () => this.objectMember());
      case '[':
        return this.nested(']', (index) => this.arrayMember(index));
      case '"':
        return this.leaf(offset, this.string());
      default:
        return this.leaf(offset, this.wordOrNumber());
    }
  }

  private leaf(offset: number, value: unknown): JsonNode {
    return { value, offset, length: this.at - offset, members: NONE };
  }

  /** An object or an array: members with commas between them, up to `close`. */
  private nested(close: '}' | ']', member: (index: number) => readonly [string, JsonMember]): JsonNode {
    const offset = this.at++;
    if (++this.level > MOST_LEVELS) throw this.error('brackets are nested too deep');
    const members = new Map<string, JsonMember>();
    this.space();
    while (this.text[this.at] !== close) {
      const [key, one] = member(members.size);
      if (members.has(key)) this.repeated.push({ key, ...one.key });
      members.set(key, one);
      this.space();
      if (this.text[this.at] === close) break;
      this.expect(',', `',' or '${close}'`);
      this.space();
      if (this.text[this.at] === close) throw this.error(`no comma may stand before '${close}'`);
    }
    this.at++;
    this.level--;
    const values = [...members].map(([key, { node }]) => [key, node.value] as const);
    const value = close === ']' ? values.map(([, one]) => one) : Object.fromEntries(values);
    return { value, offset, length: this.at - offset, members };
  }

  private objectMember(): readonly [string, JsonMember] {
    const offset = this.at;
    if (this.text[offset] !== '"') throw this.error('a key in double quotes is expected');
    const name = this.string();
    const key = { offset, length: this.at - offset };
    this.space();
    this.expect(':', "':' after the key");
    return [name, { key, node: this.value() }];
  }

  private arrayMember(index: number): readonly [string, JsonMember] {
    const node = this.value();
    return [String(index), { key: { offset: node.offset, length: node.length }, node }];
  }

  private string(): string {
    // A pattern with a choice in its loop would need stack for every character.
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) throw this.error('the closing quote is missing');
    const written = this.text.slice(this.at, end + 1);
    try {
      return JSON.parse(written);
    } catch {
      throw this.error('this text has a line break or an escape that JSON does not know');
    } finally {
      this.at += written.length;
    }
  }

  private wordOrNumber(): unknown {
    const [written] = this.match(/[\w.+-]+/y) ?? [];
    if (written === undefined)
      throw this.error(this.at < this.text.length ? 'a value is expected' : 'the text ends too early');
    const word = WORDS.get(written);
    if (word === undefined && !/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(written)) {
      throw this.error(`'${written}' is neither a number nor a text in double quotes`);
    }
    this.at += written.length;
    return word === undefined ? Number(written) : word;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  private expect(character: string, what: string): void {
    if (this.text[this.at] !== character) {
      throw this.error(this.at < this.text.length ? `${what} is expected` : 'the text ends too early');
    }
    this.at++;
  }

  private space(): void {
    this.at += this.match(/[ \t\r\n]*/y)?.[0].length ?? 0;
    if (this.text.startsWith('//', this.at) || this.text.startsWith('/*', this.at)) {
      throw this.error("JSON has no comments; put the words into 'description'");
    }
  }

  private error(message: string): JsonSyntaxError {
    return new JsonSyntaxError(message, this.at);
  }
}
