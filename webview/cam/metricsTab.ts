import type { CamMetrics } from '../../src/protocol/camPanel';
import { errorMessage } from '../../src/protocol/rpc';
import { h } from '../dom';
import { button } from '../toolkit';
import { curveChart } from './curveChart';
import { questionOf } from './mapTab';
import { valueText } from './metricText';
import { problemLine } from './notices';
import type { Actions } from './scene';
import type { Tab } from './tabs';

/** How far to trust the map that is shown: measured when asked for, since it runs the model many times. */
export function metricsTab(actions: Actions): Tab {
  let question = '';
  let measuredFor = '';
  let compared = false;
  const problem = problemLine(() => void run(() => actions.host.metrics(compared)));
  const answers = h('div', { class: 'metrics', 'aria-live': 'polite' });
  const stale = h('p', { class: 'hint', hidden: true }, 'These are of the map that was shown before: measure again.');
  const run = async (ask: () => Promise<CamMetrics | undefined>): Promise<void> => {
    const asked = question;
    problem.hide();
    try {
      const metrics = await actions.during('Measuring the map…', ask());
      if (!metrics) return;
      measuredFor = asked;
      stale.hidden = measuredFor === question;
      answers.replaceChildren(table(metrics), h('div', { class: 'charts' }, ...metrics.curves.map(curveChart)));
    } catch (error) {
      problem.show(errorMessage(error));
    }
  };
  const measure = button(
    'Measure',
    () => {
      compared = false;
      void run(() => actions.host.metrics(compared));
    },
    'primary',
  );
  measure.id = 'cam-measure';
  const compare = button('Compare with a mask or boxes…', () => {
    compared = true;
    void run(async () => ((await actions.host.pickTruth()) === undefined ? undefined : actions.host.metrics(compared)));
  });
  compare.id = 'cam-truth';
  return {
    id: 'metrics',
    title: 'Metrics',
    element: h(
      'div',
      {},
      h('div', { class: 'hint' }, 'Does the score fall when what the map marks is taken away?', measure, compare),
      problem.element,
      stale,
      answers,
    ),
    show(scene) {
      question = questionOf(scene);
      stale.hidden = measuredFor === '' || measuredFor === question;
    },
  };
}

function table({ metrics, truth }: CamMetrics): HTMLElement {
  const head = h(
    'tr',
    {},
    h('th', {}, 'Metric'),
    h('th', {}, 'Value'),
    h('th', {}, 'Better'),
    h('th', {}, 'What it says'),
  );
  const rows = metrics.map((one) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, one.title),
      h('td', { class: 'number' }, valueText(one)),
      h('td', {}, one.better),
      h('td', {}, one.note),
    ),
  );
  const caption = truth === undefined ? 'Without a mask' : `Compared with ${truth}`;
  return h('table', { id: 'cam-metrics' }, h('caption', {}, caption), h('thead', {}, head), h('tbody', {}, ...rows));
}
