/** What is differentiated: a field for every kind that the model can be asked for. */
import type { CamChange, CamOutputTensor, CamResult, TargetChoice } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { button } from '../toolkit';
import { labelled, select } from './fields';
import { boxChoice, elementAt, targetOf } from './targetChoice';

type Kind = TargetChoice['kind'];

const LABELS: Readonly<Record<Kind, string>> = {
  class: 'Score of the class',
  probability: 'Probability of the class',
  residual: 'Score and probability (ReST)',
  classes: 'Sum of the compared classes',
  mask: 'Class in its own pixels',
  element: 'One element of an output',
  embedding: 'Similarity to another picture…',
  box: 'A box: click it in the picture',
};
const PARTS = { class: 'what it is', coordinates: 'where it is' } as const;

export interface TargetActions {
  ask(change: CamChange): void;
  /** The classes of which a sum may be wanted. */
  compared(): readonly number[];
  /** Another picture to compare with; undefined when dismissed. */
  pickReference(): Promise<TargetChoice | undefined>;
}

export function targetControls({ ask, compared, pickReference }: TargetActions) {
  let shown: CamResult | undefined;
  const kind = select('cam-target', [], (wanted) => {
    const found = (shown?.targetKinds ?? []).find((one) => one === wanted);
    element.hidden = found !== 'element';
    part.element.hidden = found !== 'box';
    const target = found && shown && targetOf(found, shown, compared());
    if (target) ask({ target });
    else if (found === 'element') place.focus();
    else if (found === 'embedding') void compare();
  });
  const compare = async (): Promise<void> => {
    const target = await pickReference();
    if (target) ask({ target });
    else kind.value = kindOf(shown);
  };
  const reference = button('Other picture…', () => void compare());
  reference.id = 'cam-reference';
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
    if (target?.kind !== 'box') return;
    const box = shown?.boxes?.find(({ anchor, output }) => anchor === target.anchor && output === target.output);
    if (box) ask({ target: boxChoice(box, wanted === 'coordinates' ? wanted : 'class') });
  });
  const part = { element: labelled('Of the box', partSelect) };
  const kindField = labelled('Explain', kind);
  return {
    elements: [kindField, part.element, element, reference] as const,
    show(result: CamResult): void {
      const known = shown;
      shown = result;
      const kinds = (result.targetKinds ?? []).filter((one) => one !== 'box' || result.boxes?.length);
      kindField.hidden = kinds.length < 2;
      kind.replaceChildren(...kinds.map((one) => h('option', { value: one }, LABELS[one])));
      const target = result.target ?? { kind: 'class' as const };
      kind.value = kindOf(result);
      reference.hidden = target.kind !== 'embedding';
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

function kindOf(result: CamResult | undefined): Kind {
  return result?.target?.kind ?? 'class';
}
