import { button } from '../toolkit';
import { mapTab, questionOf } from './mapTab';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';

/** How many of the most probable classes are offered at once. */
const MOST_PROBABLE = 6;

/** The maps of several classes side by side. */
export function classesTab(actions: Actions): Tab {
  let scene: Scene | undefined;
  const best = button(`The ${MOST_PROBABLE} most probable`, () => {
    const classes = scene?.result.classes.slice(0, MOST_PROBABLE) ?? [];
    actions.change({ compared: classes.map(({ index }) => index) });
  });
  const clear = button('Only the explained one', () => actions.change({ compared: [] }));
  const together = button('Explain their sum', () => {
    if (scene) actions.ask({ target: { kind: 'classes', indices: shownClasses(scene) } });
  });
  const tab = mapTab(
    {
      id: 'classes',
      title: 'Classes',
      hint: 'Several classes side by side: choose them with Ctrl in the list.',
      label: 'Classes that are compared',
      tools: [best, together, clear],
      wait: 'Computing the map of every class…',
      question: (now) => `${questionOf(now, 'class')}${shownClasses(now)}`,
      load: (now) => actions.host.classGrid(shownClasses(now)),
      isChosen: ({ id }, { result }) => Number(id) === result.targetClass,
      choose: ({ id }) => actions.ask({ classIndex: Number(id) }),
    },
    actions,
  );
  return {
    ...tab,
    show(now) {
      scene = now;
      const { compared } = now.view;
      clear.hidden = compared.length === 0;
      together.hidden = shownClasses(now).length < 2 || !now.result.targetKinds?.includes('classes');
      tab.show(now);
    },
  };
}

/** In the order of the list: a class keeps its place when another one is explained. */
function shownClasses({ result, view }: Scene): readonly number[] {
  const wanted = new Set([...view.compared, result.targetClass]);
  const listed = result.classes.map(({ index }) => index).filter((index) => wanted.has(index));
  return [...listed, ...[...wanted].filter((index) => !listed.includes(index))];
}
