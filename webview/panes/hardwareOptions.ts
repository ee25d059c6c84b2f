import type { HardwareChoice } from '../../src/protocol/graphPanel';
import { h } from '../dom';

const GROUPS = [
  ['preset', 'Presets'],
  ['workspace', 'Workspace'],
] as const;

/** The accelerators to choose from, for a `select`: the presets, then the files of the workspace. */
export function hardwareOptions(choices: readonly HardwareChoice[]): readonly HTMLElement[] {
  return GROUPS.flatMap(([group, label]) => {
    const own = choices.filter((choice) => choice.group === group);
    const options = own.map(({ id, description, label: name }) => h('option', { value: id, title: description }, name));
    return options.length > 0 ? [h('optgroup', { label }, ...options)] : [];
  });
}
