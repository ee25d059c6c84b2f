import { percent, significant } from '../../src/display/format';
import type { CamConcept } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { enlarged } from './enlarged';
import { mapTab, questionOf } from './mapTab';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';

/** What Deep Feature Factorization finds in a layer: a tile for each concept, with what the network says of it. */
export function conceptsTab(actions: Actions): Tab {
  let chosen = '';
  let concepts: readonly CamConcept[] = [];
  const left = h('span', { id: 'cam-concepts-left' });
  const large = enlarged('cam-concept');
  const maps = mapTab(
    {
      id: 'concepts',
      title: 'Concepts',
      hint: 'The parts that the layer is made of, and the scores of classes where one fills the picture. The framed one is the map above.',
      label: 'Concepts',
      tools: [left],
      wait: 'Finding the concepts of the layer…',
      fits: ({ result }) => result.method === 'dff',
      question: questionOf,
      load: async () => {
        const found = await actions.host.concepts();
        ({ chosen, tiles: concepts } = found);
        large.hide();
        left.textContent = `Unexplained: ${percent(found.residual)} of the activations.`;
        return concepts.map((concept) => ({ ...concept, note: scoresText(concept, 2) }));
      },
      isChosen: ({ id }) => id === chosen,
      choose: ({ id }, scene: Scene) => {
        const concept = concepts.find((one) => one.id === id);
        if (concept) large.show(concept, scene, concept.title, `${concept.title}: ${scoresText(concept)}`);
      },
    },
    actions,
  );
  return { ...maps, element: h('div', {}, maps.element, large.element) };
}

/** `square 7.1 · star 3.02` */
export function scoresText({ scores }: Pick<CamConcept, 'scores'>, most = scores.length): string {
  return scores
    .slice(0, most)
    .map(({ name, score }) => `${name} ${significant(score)}`)
    .join(' · ');
}
