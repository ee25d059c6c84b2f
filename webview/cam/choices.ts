/** What choices are called, with what they cost. */
import { counted } from '../../src/display/format';
import type { CamMethodOption, CamModeOption } from '../../src/protocol/camPanel';

/** `Score-CAM · 64 runs`: what choosing a method costs besides the first run. */
export function methodLabel({ title, cost }: CamMethodOption): string {
  const said = cost && costText(cost);
  return said ? `${title} · ${said}` : title;
}

/** `64 runs`, `512 runs of what follows the layer`; '' where nothing is run. */
export function costText({ whole, tail }: { readonly whole: number; readonly tail: number }): string {
  return [whole > 0 && counted(whole, 'run'), tail > 0 && `${counted(tail, 'run')} behind the layer`]
    .filter(Boolean)
    .join(' and ');
}

/** What stands for the automatic choice, with what it became: `Automatic: Reverse mode`. */
export function automaticLabel(modes: readonly CamModeOption[], used: string): string {
  return `Automatic: ${modes.find(({ id }) => id === used)?.title ?? used}`;
}

/** `Forward mode · 49 runs, every class at once`, or why it cannot be used. */
export function modeLabel({ title, runs, allClasses, refuses }: CamModeOption): string {
  if (refuses !== undefined) return `${title} · ${refuses}`;
  const cost = runs > 0 ? counted(runs, 'run') : 'no further run';
  return `${title} · ${cost}${allClasses ? ', every class at once' : ''}`;
}
