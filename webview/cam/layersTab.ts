import type { Fusion } from '../../src/protocol/camPanel';
import { labelled, selectOf } from './fields';
import { mapTab, questionOf } from './mapTab';
import type { Actions } from './scene';
import type { Tab } from './tabs';

const FUSIONS = ['mean', 'max', 'product'] as const satisfies readonly Fusion[];
const FUSION_LABELS: Readonly<Record<Fusion, string>> = {
  mean: 'their mean',
  max: 'their greatest',
  product: 'their product',
};

/** The layer strip: the map at every layer that could be chosen; with Ctrl, several layers whose maps are fused. */
export function layersTab(actions: Actions): Tab {
  const fuse = selectOf('cam-fuse', FUSIONS, FUSION_LABELS, (value) => actions.ask({ fuse: value }));
  const fuseField = labelled('Several layers:', fuse);
  const tab = mapTab(
    {
      id: 'layers',
      title: 'Layers',
      hint: 'The map at every layer, from the picture to the scores. Ctrl+click or Ctrl+Enter fuses several.',
      label: 'Layers, from the picture to the scores',
      strip: true,
      tools: [fuseField],
      wait: 'Computing the map at every layer…',
      question: (scene) => questionOf(scene, 'layer'),
      load: () => actions.host.layerStrip(),
      isChosen: ({ id }, { result }) => (result.fused?.layers ?? [result.layer]).includes(id),
      choose: ({ id }, { result }, several) => {
        if (!several) {
          if (id !== result.layer || result.fused) actions.ask({ layer: id, layers: [] });
          return;
        }
        const before = result.fused?.layers ?? [result.layer];
        const next = before.includes(id) ? before.filter((one) => one !== id) : [...before, id];
        const [only, second] = next;
        if (only === undefined) return;
        actions.ask(second === undefined ? { layer: only, layers: [] } : { layers: next });
      },
    },
    actions,
  );
  return {
    ...tab,
    show(scene) {
      fuseField.hidden = !scene.result.fused;
      fuse.value = scene.result.fused?.fuse ?? 'mean';
      tab.show(scene);
    },
  };
}
