/** What is differentiated: a field for every kind that the model can be asked for. */
import type { CamChoice, CamOutputTensor, CamResult, TargetChoice } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { labelled, select } from './fields';
import { elementAt, targetOf } from './targetChoice';

type Kind = TargetChoice['kind'];

/** What can be chosen in the list; a box is chosen in the picture, an embedding on the command line. */
const LABELS: Readonly<Partial<Record<Kind, string>>> = {
  class: 'Score of the class',
  probability: 'Probability of the class',
  residual: 'Score and probability (ReST)',
  classes: 'Sum of the compared classes',
  mask: 'Class in its own pixels',
  element: 'One element of an output',
  box: 'A box: click it in the picture',
};
const PARTS = { class: 'what it is', coordinates: 'where it is' } as const;

export function targetControls(ask: (choice: CamChoice) => void, compared: () => readonly number[]) {
  let shown: CamResult | undefined;
  const kind = select('cam-target', [], (wanted) => {
    const found = (shown?.targetKinds ?? []).find((one) => one === wanted);
    element.hidden = found !== 'element';
    part.element.hidden = found !== 'box';
    const target = found && shown && targetOf(found, shown, compared());
    if (target) ask({ target });
    else if (found === 'element') place.focus();
  });
  const output = select('cam-output', [], () => {
    place.value = (outputNamed()?.shape ?? []).map(() => 0).join(', ');
  });
  const place = h('input', { id: 'cam-element', type: 'text', size: 12, 'aria-describedby': 'cam-element-problem' });
  const problem = h('span', { id: 'cam-element-problem', class: 'problem', role: 'alert' });
  const element = h('span', { class: 'fields' }, labelled('Output', output), labelled('Element', place), problem);
  const outputNamed = (): CamOutputTensor | undefined => shown?.outputs?.find(({ name }) => name === output.value);
  on(place, 'change', () => {
    const tensor = outputNamed();
    problem.textContent = '';
    try {
      if (tensor) ask({ target: elementAt(place.value, tensor) });
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  });
  const partSelect = select('cam-box-part', Object.entries(PARTS), (wanted) => {
    const target = shown?.target;
    if (target?.kind === 'box') ask({ target: { ...target, part: wanted === 'coordinates' ? wanted : 'class' } });
  });
  const part = { element: labelled('Of the box', partSelect) };
  const kindField = labelled('Explain', kind);
  return {
    elements: [kindField, part.element, element] as const,
    show(result: CamResult): void {
      const known = shown;
      shown = result;
      const kinds = (result.targetKinds ?? []).filter(
        (one) => LABELS[one] !== undefined && (one !== 'box' || result.boxes?.length),
      );
      kindField.hidden = kinds.length < 2;
      kind.replaceChildren(...kinds.map((one) => h('option', { value: one }, LABELS[one])));
      const target = result.target ?? { kind: 'class' as const };
      kind.value = target.kind;
      part.element.hidden = target.kind !== 'box';
      if (target.kind === 'box') partSelect.value = target.part;
      element.hidden = target.kind !== 'element';
      if (known?.modelName !== result.modelName) {
        output.replaceChildren(
          ...(result.outputs ?? []).map(({ name, shape }) =>
            h('option', { value: name }, `${name} · ${shape.join('×')}`),
          ),
        );
        place.value = (outputNamed()?.shape ?? []).map(() => 0).join(', ');
      }
      if (target.kind === 'element') {
        output.value = target.output;
        place.value = target.index.join(', ');
      }
    },
  };
}
