import assert from 'node:assert/strict';
import { layout } from '../../webview/layout/layout';
import { groupModel } from '../../webview/model/groupModel';
import { filterLayers, type Layer, layersCsv, layersOf, sortLayers } from '../../webview/model/layers';
import { heatAt, METRICS, metricOf, scaleOf, valueAt } from '../../webview/model/metrics';
import { navigate } from '../../webview/model/navigate';
import { costLine, layoutInput, spokenNode } from '../../webview/model/nodeText';
import {
  buildModel,
  isResident,
  kernelNodes,
  kernelOf,
  neighbours,
  nodeCost,
  operatorOf,
  totalEnergyTerms,
  withReport,
} from '../../webview/model/panelModel';
import { SearchIndex, stepHit } from '../../webview/model/search';
import { testOpening } from './scene';

const model = groupModel(buildModel(testOpening()));
const { scene, report } = model;
const input = layoutInput(scene);
const shownAs = Uint32Array.from(input.widths.keys());
const drawing = { ...input, ...layout(input), shownAs, grounds: [] };
const node = (name: string) => scene.names.indexOf(name);
const names = (nodes: Iterable<number>) => Array.from(nodes, (index) => scene.names[index]);

describe('panelModel', () => {
  it('gives a node its row of the report, with the share of the whole', () => {
    const cost = nodeCost(model, node('conv1'));
    assert.equal(cost?.state, 'known');
    assert.equal(cost?.seconds, 4e-3);
    assert.ok(Math.abs((cost?.share ?? 0) - 0.4) < 1e-12);
    assert.equal(cost?.rank, 2);
    assert.deepEqual(cost?.terms[6], { term: 'launch', seconds: 1e-3 });
    assert.equal(nodeCost(model, node('image')), undefined);
  });

  it('tells free, fused and unknown apart', () => {
    assert.equal(nodeCost(model, node('relu2'))?.state, 'fused');
    assert.equal(nodeCost(model, node('relu2'))?.fusedInto, node('conv2'));
    assert.equal(nodeCost(model, node('conv2'))?.fusedInto, undefined);
    assert.equal(nodeCost(model, node('flat'))?.state, 'free');
    assert.equal(nodeCost(model, node('add'))?.state, 'unknown');
  });

  it('knows what runs in one kernel', () => {
    assert.deepEqual(names(kernelNodes(model, node('conv2'))), ['conv2', 'relu2']);
    assert.deepEqual(names(kernelNodes(model, node('relu2'))), ['conv2', 'relu2']);
    assert.deepEqual(names(kernelNodes(model, node('conv1'))), ['conv1']);
    assert.equal(kernelOf(model, node('image')), undefined);
    const apart = withReport(model, { ...report, fusedInto: report.fusedInto.map(() => -1) });
    assert.equal(kernelOf(apart, node('relu2')), node('relu2'));
  });

  it('knows what does not leave the chip', () => {
    const edges = Array.from(scene.edgeTensor.keys()).filter((edge) => isResident(model, edge));
    assert.deepEqual(
      edges.map((edge) => [scene.names[scene.edges[2 * edge] ?? 0], scene.names[scene.edges[2 * edge + 1] ?? 0]]),
      [
        ['relu', 'conv2'],
        ['relu', 'add'],
      ],
    );
    assert.deepEqual(nodeCost(model, node('conv2'))?.resident, { input: 512, output: 0 });
  });

  it('adds up energy by level, without what is unknown', () => {
    const energyTerms = report.energyTerms.map((_, i) => (i < 8 ? i + 1 : Number.NaN));
    const levels = totalEnergyTerms(withReport(model, { ...report, energyTerms }));
    assert.deepEqual(
      levels.map(({ level, joules }) => [level, joules]),
      [
        ['mac', 1 + 5],
        ['pe', 2 + 6],
        ['globalBuffer', 3 + 7],
        ['offChip', 4 + 8],
      ],
    );
  });

  it('knows producers and consumers', () => {
    assert.deepEqual(names(neighbours(model, node('add'), 'up')), ['relu2', 'relu']);
    assert.deepEqual(names(neighbours(model, node('relu'), 'down')), ['conv2', 'add']);
    assert.deepEqual(
      [0, 1, 7].map((index) => operatorOf(scene, index)),
      ['Input', 'Conv', 'Output'],
    );
  });
});

describe('nodeText', () => {
  it('writes the cost line, never 0 for what is unknown', () => {
    assert.deepEqual(costLine(model, node('conv1')), { left: '4 ms · 40 %', right: '4 M cyc' });
    assert.deepEqual(costLine(model, node('add')), { left: 'unknown', right: '' });
    assert.deepEqual(costLine(model, node('flat')), { left: 'free', right: '' });
    assert.deepEqual(costLine(model, node('relu2')), { left: 'fused into', right: 'conv2' });
    assert.equal(costLine(model, node('image')), undefined);
  });

  it('says a node to a screen reader', () => {
    assert.equal(spokenNode(model, node('conv2')), 'conv2, Conv, 5 ms, 50 %');
    assert.equal(spokenNode(model, node('relu2')), 'relu2, Relu, fused into conv2');
    assert.equal(spokenNode(model, node('add')), 'add, Add, unknown');
    assert.equal(spokenNode(model, node('image')), 'image, Input, 1×3×32×32');
  });
});

describe('metrics', () => {
  it('has no heat for free, fused and unknown layers', () => {
    const { heat, most } = scaleOf(metricOf('latency'), report);
    assert.equal(most, 5e-3);
    assert.equal(heat[2], 1);
    assert.deepEqual(Array.from(heat.subarray(3)), [Number.NaN, Number.NaN, Number.NaN]);
    assert.ok(Number.isNaN(scaleOf(metricOf('bound'), report).heat[3]));
    assert.ok(Math.abs((heat[0] ?? 0) - Math.sqrt(0.8)) < 1e-6);
  });

  it('inverts its scale for the legend', () => {
    for (const metric of METRICS.filter(({ scale }) => scale === 'root' || scale === 'fraction')) {
      for (const heat of [0, 0.25, 0.5, 1]) {
        assert.ok(Math.abs(heatAt(metric, 7, valueAt(metric, 7, heat)) - heat) < 1e-12, metric.id);
      }
    }
  });

  it('falls back to the first metric for an unknown name, and to cold where nothing costs anything', () => {
    assert.equal(metricOf('gone').id, 'latency');
    assert.equal(heatAt(metricOf('macs'), 0, 0), 0);
  });
});

describe('search', () => {
  const index = new SearchIndex(scene);
  const find = (query: string) => names(index.find(query, drawing.ranks.items));

  it('finds by name, operator, shape and note, all words, in reading order', () => {
    assert.deepEqual(find('CONV'), ['conv1', 'conv2']);
    assert.deepEqual(find('conv 3x3'), ['conv1']);
    assert.deepEqual(find('1x8192'), ['flat', 'scores']);
    assert.deepEqual(find('1*8*32'), ['conv1', 'relu', 'conv2', 'relu2', 'add']);
    assert.deepEqual(find('output'), ['scores']);
    assert.deepEqual(find('  '), []);
    assert.deepEqual(find('conv relu'), []);
  });

  it('steps through the hits in both directions and wraps around', () => {
    assert.equal(stepHit([4, 7, 9], undefined, 1), 4);
    assert.equal(stepHit([4, 7, 9], undefined, -1), 9);
    assert.equal(stepHit([4, 7, 9], 9, 1), 4);
    assert.equal(stepHit([4, 7, 9], 4, -1), 9);
    assert.equal(stepHit([], 4, 1), undefined);
  });
});

describe('navigate', () => {
  const go = (from: string | undefined, move: Parameters<typeof navigate>[3]) =>
    scene.names[navigate(model, drawing, from === undefined ? undefined : node(from), move) ?? -1];

  it('follows the edges, to the nearest rank first', () => {
    assert.equal(go('relu', 'down'), 'conv2');
    assert.equal(go('add', 'up'), 'relu2');
    assert.equal(go('image', 'up'), 'image');
    assert.equal(go('scores', 'down'), 'scores');
  });

  it('goes to the ends, and to the first node from nowhere', () => {
    assert.deepEqual([go('add', 'first'), go('add', 'last'), go(undefined, 'down')], ['image', 'scores', 'image']);
  });

  it('goes sideways within a rank and stops at its ends', () => {
    const cards = {
      widths: new Float64Array(4).fill(50),
      heights: new Float64Array(4).fill(20),
      edges: Uint32Array.from([0, 1, 0, 2, 0, 3]),
      anchors: new Uint8Array(4),
    };
    const fork = { ...cards, ...layout(cards), shownAs: Uint32Array.from([0, 1, 2, 3]), grounds: [] };
    const [left = -1, middle = -1, right = -1] = fork.ranks.items.subarray(1);
    assert.equal(navigate(model, fork, left, 'right'), middle);
    assert.equal(navigate(model, fork, right, 'left'), middle);
    assert.equal(navigate(model, fork, right, 'right'), right);
  });
});

describe('layers', () => {
  const layers = layersOf(model);
  const order = (list: readonly Layer[]) => list.map(({ name }) => name);

  it('lists the operator nodes', () => {
    assert.deepEqual(order(layers), ['conv1', 'relu', 'conv2', 'relu2', 'add', 'flat']);
  });

  it('sorts with the unknown last either way', () => {
    const sorted = (column: string, descending: boolean) => order(sortLayers(layers, { column, descending }));
    assert.deepEqual(sorted('time', true), ['conv2', 'conv1', 'relu', 'relu2', 'flat', 'add']);
    assert.deepEqual(sorted('time', false), ['relu2', 'flat', 'relu', 'conv1', 'conv2', 'add']);
    assert.deepEqual(sorted('rank', false).slice(0, 3), ['conv2', 'conv1', 'relu']);
    assert.deepEqual(sorted('operator', false), ['add', 'conv1', 'conv2', 'flat', 'relu', 'relu2']);
  });

  it('sorts numbers inside names as numbers', () => {
    const [first] = layers;
    assert.ok(first);
    const numbered = ['layer10', 'layer9', 'layer1'].map((name) => ({ ...first, name }));
    assert.deepEqual(order(sortLayers(numbered, { column: 'name', descending: false })), [
      'layer1',
      'layer9',
      'layer10',
    ]);
  });

  it('filters by every word, over bound and note too', () => {
    assert.deepEqual(order(filterLayers(layers, 'conv compute')), ['conv1', 'conv2']);
    assert.deepEqual(order(filterLayers(layers, '3×3')), ['conv1']);
    assert.equal(filterLayers(layers, '').length, 6);
  });

  it('writes CSV that a spreadsheet reads as what it is', () => {
    const [first] = layers;
    assert.ok(first);
    const hostile = { ...first, name: '=cmd("x"),\n1' };
    const lines = layersCsv([hostile, ...layers.slice(4)]).split('\r\n');
    assert.match(lines[0] ?? '', /^rank,name,operator,shape,note,seconds,share,cycles,/);
    assert.equal(
      lines[1]?.startsWith(`2,"'=cmd(""x""),\n1",Conv,1×8×32×32,3×3,0.004,0.4,4000000,compute,221184,`),
      true,
    );
    assert.match(lines[2] ?? '', /^,add,Add,1×8×32×32,,,,,unknown,/);
  });
});
