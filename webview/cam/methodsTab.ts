import { button } from '../toolkit';
import { mapTab, questionOf } from './mapTab';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';

/** The map of every method: those that run nothing at once, the others when they are asked for. */
export function methodsTab(actions: Actions): Tab {
  /** The question for which the costly ones were asked for, too. */
  let costlyFor: string | undefined;
  let scene: Scene | undefined;
  const all = button('Compute all', () => {
    if (!scene) return;
    costlyFor = questionOf(scene, 'method');
    tab.show(scene);
  });
  all.id = 'cam-methods-all';
  const isWhole = (now: Scene): boolean => costlyFor === questionOf(now, 'method');
  const maps = mapTab(
    {
      id: 'methods',
      title: 'Methods',
      hint: 'The same question, answered by every method. Those that run the model many times wait to be asked.',
      label: 'Methods',
      tools: [all],
      wait: 'Computing the map of every method…',
      question: (now) => `${questionOf(now, 'method')}${isWhole(now)}`,
      load: (now) => actions.host.methodGrid(isWhole(now)),
      isChosen: ({ id }, { result }) => id === result.method,
      choose: ({ id }, { result }) => {
        const smooth = result.methods.find((one) => one.id === id)?.smooth ?? false;
        actions.ask({ method: id, eigen: result.eigen && smooth });
      },
    },
    actions,
  );
  const tab: Tab = {
    ...maps,
    show(now) {
      scene = now;
      all.hidden = isWhole(now) || !now.result.methods.some(({ needs }) => needs === 'runs');
      maps.show(now);
    },
  };
  return tab;
}
