import assert from 'node:assert/strict';
import { changeText, figureText, ratioText } from '../../src/display/difference';
import { type ComparisonData, MATCHES } from '../../src/protocol/comparison';
import { divergingColors, heatIndex, luminance } from '../../webview/graphView/colors';
import {
  differenceMetric,
  differencesCsv,
  differencesOf,
  figureOf,
  filterDifferences,
  sortDifferences,
} from '../../webview/model/compare';
import { groupModel } from '../../webview/model/groupModel';
import { heatAt, scaleOf, valueAt, warmth } from '../../webview/model/metrics';
import { buildModel, reportRow } from '../../webview/model/panelModel';
import { testOpening } from './scene';

const names = ['conv1', 'relu', 'conv2', 'relu2', 'add', 'flat', 'new'];
const A = [4e-3, 1e-3, 5e-3, 0, Number.NaN, 0, 0];
const B = [3e-3, 3e-3, 5e-3, 0, 1e-3, 0, 2e-3];

/** The test scene against one where `flat` is gone and `new` is there. */
function comparison(): ComparisonData {
  const match = ['name', 'structure', 'name', 'name', 'name', 'onlyA', 'onlyB'] as const;
  return {
    a: { label: 'a.onnx' },
    b: { label: 'b.onnx' },
    nodeA: Int32Array.from([1, 2, 3, 4, 5, 6, -1]),
    nodeB: Int32Array.from([1, 2, 3, 4, 5, -1, 6]),
    match: Uint8Array.from(match, (one) => MATCHES.indexOf(one)),
    names,
    renamed: ['', 'act', '', '', '', '', ''],
    operators: ['Conv', 'Relu', 'Conv', 'Relu', 'Add', 'Flatten', 'Softmax'],
    shapes: names.map(() => '1×8'),
    changes: ['kernel_shape 3,3 → 5,5', '', '', '', '', '', ''],
    figures: [
      {
        ...{ id: 'seconds', label: 'Time', unit: 's' },
        ...{ a: Float64Array.from(A), b: Float64Array.from(B) },
        totals: { a: 1e-2, b: 1.4e-2, unknownA: 1, unknownB: 0 },
      },
    ],
  };
}

function seconds() {
  const figure = figureOf(comparison(), 'seconds');
  assert.ok(figure);
  return figure;
}

describe('differences', () => {
  const all = () => differencesOf(comparison(), seconds());

  it('are sorted by size, unknown ones last either way', () => {
    const order = (descending: boolean) => sortDifferences(all(), 'change', descending).map(({ row }) => names[row]);
    assert.deepEqual(order(true).slice(0, 3), ['relu', 'new', 'conv1']);
    assert.equal(order(true).at(-1), 'add');
    assert.equal(order(false).at(-1), 'add');
  });

  it('are sorted by ratio and by words', () => {
    const order = (column: string) => sortDifferences(all(), column, true).map(({ row }) => names[row]);
    assert.deepEqual(order('ratio').slice(0, 3), ['relu', 'conv2', 'conv1']);
    assert.equal(order('operator')[0], 'new');
  });

  it('are filtered by name on either side, operator, and what is different', () => {
    const found = (query: string) => filterDifferences(all(), query).map(({ row }) => names[row]);
    assert.deepEqual(found('act'), ['relu']);
    assert.deepEqual(found('only in'), ['flat', 'new']);
    assert.deepEqual(found('conv kernel'), ['conv1']);
    assert.equal(found('').length, names.length);
  });

  it('are written as CSV as they are shown, unknown ones empty', () => {
    const lines = differencesCsv(comparison(), sortDifferences(all(), 'change', true))
      .trim()
      .split('\r\n');
    assert.equal(lines[0], 'name,name_in_b,operator,shape,match,different,a_seconds,b_seconds');
    assert.equal(lines[1], 'relu,act,Relu,1×8,structure,,0.001,0.003');
    assert.equal(lines.at(-1), 'add,,Add,1×8,name,,,0.001');
  });
});

describe('words for differences', () => {
  it('have a sign and a unit', () => {
    assert.equal(changeText(4e-3, 3e-3, 's'), '−1 ms');
    assert.equal(changeText(0, 2048, 'B'), '+2 KiB');
    assert.equal(changeText(5, 5, 'MAC'), '0');
    assert.equal(figureText(2e9, 'MAC'), '2 GMAC');
  });

  it('say nothing of what is unknown, and no ratio to nothing', () => {
    assert.equal(changeText(Number.NaN, 1, 's'), '?');
    assert.equal(ratioText(Number.NaN, 1), '?');
    assert.equal(ratioText(0, 1), '–');
    assert.equal(ratioText(4, 5), '×1.25');
  });
});

describe('colours of a difference', () => {
  const model = () => groupModel(buildModel(testOpening()));
  const metric = () => differenceMetric(comparison(), seconds(), model());

  it('has the change of each layer, nothing for an unknown one, and marks what is in this graph only', () => {
    const { scene, report } = model();
    const value = (name: string) => metric().value(report, reportRow(scene, scene.names.indexOf(name)));
    assert.ok(Math.abs(value('conv1') + 1e-3) < 1e-15);
    assert.ok(Math.abs(value('relu') - 2e-3) < 1e-15);
    assert.equal(value('conv2'), 0);
    assert.ok(Number.isNaN(value('add')));
    const alone = (name: string) => metric().isAlone?.(reportRow(scene, scene.names.indexOf(name)));
    assert.deepEqual([alone('flat'), alone('conv1')], [true, false]);
  });

  it('sums what is known inside of a group', () => {
    const opening = testOpening();
    const of = Int32Array.from({ length: opening.scene.nodeCount }, (_, node) => (node >= 1 && node <= 5 ? 0 : -1));
    const groups = { source: 'names', names: ['body'], kinds: [''], parent: Int32Array.from([-1]), of } as const;
    const grouped = groupModel(buildModel({ ...opening, scene: { ...opening.scene, groups } }));
    const { value } = differenceMetric(comparison(), seconds(), grouped);
    const row = reportRow(grouped.scene, grouped.scene.names.indexOf('body'));
    assert.ok(Math.abs(value(grouped.report, row) - 1e-3) < 1e-15);
  });

  it('goes either way from the middle, and the legend back', () => {
    const one = metric();
    assert.equal(heatAt(one, 4, 0), 0.5);
    assert.equal(heatAt(one, 4, 4), 1);
    assert.equal(heatAt(one, 4, -4), 0);
    for (const place of [0, 0.2, 0.5, 0.9, 1])
      assert.ok(Math.abs(heatAt(one, 4, valueAt(one, 4, place)) - place) < 1e-12);
    assert.equal(warmth({ metric: one }, 0), 1);
    assert.equal(warmth({ metric: one }, 0.5), 0);
  });

  it('takes the largest change of either sign for its ends', () => {
    const { report } = model();
    assert.ok(Math.abs(scaleOf(metric(), report).most - 2e-3) < 1e-15);
  });

  it('is blue for less and orange for more, told apart without red and green, in both themes', () => {
    for (const [dark, card] of [
      [true, [37, 37, 38]],
      [false, [248, 248, 248]],
    ] as const) {
      const { fill } = divergingColors(card, dark);
      const channels = (heat: number) => (fill[heatIndex(heat)] ?? '').match(/\d+/g)?.map(Number) ?? [];
      const [less, nothing, more] = [channels(0), channels(0.5), channels(1)];
      // Blue minus red keeps its sign for protanopes and deuteranopes; a tritanope sees the difference in red.
      assert.ok((less[2] ?? 0) - (less[0] ?? 0) > 80 && (more[0] ?? 0) - (more[2] ?? 0) > 80);
      const light = (color: number[]) => luminance([color[0] ?? 0, color[1] ?? 0, color[2] ?? 0]);
      for (const end of [less, more]) assert.ok(Math.abs(light(end) - light(nothing)) > 0.15, 'ends stand out');
    }
  });
});
