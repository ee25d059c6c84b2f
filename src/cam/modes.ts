import type { CamModeOption } from '../protocol/camPanel';
import type { GradientMode, ModeContext } from './gradientMode';
import { analytic } from './modes/analytic';
import { finiteDifference } from './modes/finiteDifference';
import { forward } from './modes/forward';
import { forwardChannels } from './modes/forwardChannels';
import { randomForward } from './modes/randomForward';
import { reverse } from './modes/reverse';

/** Every mode, by the file in src/cam/modes that holds it; the order is that of lists for people. */
export const MODES = { reverse, forward, forwardChannels, analytic, finiteDifference, randomForward };

const ALL: readonly GradientMode[] = Object.values(MODES);

/** The mode with an id. Throws one sentence with all ids when there is none. */
export function gradientMode(id: string): GradientMode {
  const mode = ALL.find((candidate) => candidate.id === id);
  if (mode) return mode;
  throw new Error(`there is no gradient mode '${id}'; choose one of ${ALL.map((known) => known.id).join(', ')}`);
}

/** What each mode would cost here, or why it cannot be used. */
export function modeOptions(context: ModeContext): readonly CamModeOption[] {
  return ALL.map((mode) => {
    const refuses = mode.refuses(context);
    return { id: mode.id, title: mode.title, ...mode.cost(context), ...(refuses !== undefined && { refuses }) };
  });
}

export interface ChosenMode {
  readonly mode: GradientMode;
  /** Why it is not reverse mode although no other was asked for, in one sentence. */
  readonly fellBack?: string;
}

/** The mode that was asked for; else reverse mode, or finite differences where a rule is missing. Throws where it refuses, or the gradient is zero. */
export function chooseMode(context: ModeContext, id?: string): ChosenMode {
  if (id === undefined) {
    const { missing, isZero = false } = context;
    if (missing === undefined) return { mode: reverse };
    if (isZero) throw new Error(missing);
    return { mode: finiteDifference, fellBack: `finite differences stand in for the gradient: ${missing}` };
  }
  const mode = gradientMode(id);
  const refused = mode.refuses(context);
  if (refused !== undefined) throw new Error(`${mode.title} cannot be used here: ${refused}`);
  return { mode };
}
