import { faultsOf } from './check';
import { type JsonNode, JsonSyntaxError, readJsonText, type Span, sizeFault } from './jsonText';

/** Something wrong with a hardware file's text, and where: offset and length in UTF-16 units. */
export interface HardwareProblem extends Span {
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** JSON text that was probably meant in its place. */
  readonly replacement?: string;
  /** JSON itself or schema.json forbids it too, and the message says little more: an editor that checks by them needs it once. */
  readonly inSchema?: true;
}

/** More are counted, not listed. */
const MOST_PROBLEMS = 100;

/** What is wrong with the text of a `*.evohw.json` file, in its order; of broken JSON the first place only. Never throws. */
export function hardwareProblems(text: string): readonly HardwareProblem[] {
  const tooLong = sizeFault(text);
  if (tooLong !== undefined) return [{ message: tooLong, severity: 'error', offset: 0, length: 1 }];
  const problems = problemsOf(text);
  const [next, ...others] = problems.slice(MOST_PROBLEMS);
  if (!next) return problems;
  const { offset, length } = next;
  const severity = problems.slice(MOST_PROBLEMS).some((one) => one.severity === 'error') ? 'error' : 'warning';
  const message = `… and ${others.length + 1} more problems from here on`;
  return [...problems.slice(0, MOST_PROBLEMS), { message, severity, offset, length }];
}

function problemsOf(text: string): readonly HardwareProblem[] {
  try {
    const { root, repeated } = readJsonText(text);
    const twice = repeated.map(({ key, offset, length }): HardwareProblem => {
      return {
        message: `'${key}' is given twice; the last one counts`,
        severity: 'warning',
        inSchema: true,
        offset,
        length,
      };
    });
    const faults = faultsOf(root.value).map(({ path, inKey = false, ...said }): HardwareProblem => {
      return { ...said, ...placeOf(root, path, inKey) };
    });
    return [...twice, ...faults].sort((a, b) => a.offset - b.offset);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const offset = Math.max(0, Math.min(error.offset, text.length - 1));
    return [{ message: `not valid JSON: ${error.message}`, severity: 'error', inSchema: true, offset, length: 1 }];
  }
}

/** The value at a path, or its key; the first bracket for the file as a whole. */
function placeOf(root: JsonNode, path: readonly string[], inKey: boolean): Span {
  let node = root;
  let place: Span = { offset: root.offset, length: 1 };
  for (const name of path) {
    const member = node.members.get(name);
    if (!member) break;
    node = member.node;
    place = inKey ? member.key : { offset: node.offset, length: node.length };
  }
  return place;
}
