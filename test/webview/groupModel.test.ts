import assert from 'node:assert/strict';
import { fold } from '../../webview/model/fold';
import { foldedModel, groupModel, isGroup } from '../../webview/model/groupModel';
import { metricOf, scaleOf } from '../../webview/model/metrics';
import { costLine, shortName, spokenNode, unknownInside } from '../../webview/model/nodeText';
import { buildModel, kernelOf, neighbours, nodeCost, operatorOf, reportRow } from '../../webview/model/panelModel';
import { BODY, END, groupedModel, groupedOpening, TAIL } from './grouped';

const model = groupedModel();
const N = model.tree.nodeCount;
const plain = buildModel(groupedOpening());
const near = (a: number | undefined, b: number) =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-12, `${a} is not ${b}`);

describe('groupModel', () => {
  it('leaves every node as it is', () => {
    for (let node = 0; node < N; node++) {
      assert.deepEqual(nodeCost(model, node), nodeCost(plain, node));
      assert.equal(operatorOf(model.scene, node), operatorOf(plain.scene, node));
      assert.deepEqual(neighbours(model, node, 'down'), neighbours(plain, node, 'down'));
      assert.ok(!isGroup(model.scene, node));
    }
    assert.deepEqual(model.report.totals, plain.report.totals);
  });

  it('adds up what is inside, however deep', () => {
    const body = nodeCost(model, N + BODY);
    assert.equal(body?.state, 'known');
    near(body?.seconds, 10e-3);
    near(body?.cycles, 10e6);
    near(body?.macs, 286_720);
    near(body?.flops, 573_440);
    near(body?.lowerBound, 5e-3);
    near(body?.share, 1);
    near(body?.bytes.input, 100 * (0 + 1 + 2 + 3));
    near(body?.bytes.all, 100 * 6 + 4 * 11);
    near(body?.offChip.input, 1000 + 3000);
    assert.deepEqual(body?.resident, { input: 512, output: 512 });
    near(body?.terms[0]?.seconds, 8e-3);
    near(body?.terms[2]?.seconds, 1e-3);
    assert.equal(body?.bound, 'compute');
    near(nodeCost(model, N + TAIL)?.seconds, 5e-3);
  });

  it('weighs utilization by time', () => {
    const { report } = plain;
    const utilization = Float64Array.from(report.utilization, (_, row) => (row === 0 ? 0.5 : 0.25));
    const weighed = groupModel({ ...plain, report: { ...report, utilization } });
    near(nodeCost(weighed, N + BODY)?.utilization, (4 * 0.5 + 6 * 0.25) / 10);
  });

  it('counts what is unknown instead of taking it for 0', () => {
    assert.deepEqual([...model.layers], [4, 2, 2]);
    assert.deepEqual([...model.unknown], [0, 0, 1]);
    // `end` is an unknown addition and a free view: known to take no time but for the addition.
    assert.equal(nodeCost(model, N + END)?.state, 'free');
    assert.equal(unknownInside(model, N + END), '1 unknown');
    const seconds = plain.report.seconds.map(() => Number.NaN);
    const none = groupModel({ ...plain, report: { ...plain.report, seconds } });
    assert.equal(nodeCost(none, N + BODY)?.state, 'unknown');
    assert.ok(Number.isNaN(nodeCost(none, N + BODY)?.seconds));
    assert.ok(Number.isNaN(nodeCost(model, N + BODY)?.energy), 'no energy is known');
  });

  it('shows what comes out of a group, and how much is in it', () => {
    const { scene } = model;
    assert.equal(scene.shapes[N + BODY], '1×8×32×32');
    assert.equal(scene.shapes[N + END], '1×8192');
    assert.deepEqual(scene.notes.slice(N), ['4 layers', '2 layers', '2 layers']);
    assert.deepEqual([operatorOf(scene, N + BODY), operatorOf(scene, N + TAIL)], ['Backbone', 'Group']);
    assert.equal(kernelOf(model, N + BODY), N + BODY);
  });

  it('says a group on its card and to a screen reader', () => {
    assert.equal(shortName(model, N + TAIL), 'tail');
    assert.deepEqual(costLine(model, N + TAIL), { left: '5 ms · 50 %', right: '5 M cyc' });
    assert.deepEqual(costLine(model, N + END), { left: 'free', right: '1 unknown' });
    assert.equal(spokenNode(model, N + BODY), 'body, Backbone, 4 layers, 10 ms, 100 %');
    assert.equal(spokenNode(model, N + END), 'end, Head, 2 layers, free, 1 unknown');
  });

  it('has the edges of the fold in the folded model, with their tensors', () => {
    const folded = foldedModel(model, fold(model.tree, plain.scene.edges, Uint8Array.of(0, 0, 0)));
    assert.deepEqual(neighbours(folded, N + BODY, 'up'), [0]);
    assert.deepEqual(neighbours(folded, N + BODY, 'down'), [N + END]);
    assert.deepEqual(neighbours(folded, 3, 'down'), []);
    const tensors = Array.from(folded.scene.edgeTensor, (tensor) => folded.scene.tensors[tensor]);
    assert.deepEqual(tensors, ['image:0', 'relu2:0', 'flat:0']);
  });

  it('is coloured by what is seen', () => {
    const latency = metricOf('latency');
    const rows = [1, 3, N + TAIL].map((id) => reportRow(model.scene, id));
    const { most, heat } = scaleOf(latency, model.report, rows);
    assert.equal(most, 5e-3);
    assert.equal(
      heat[reportRow(model.scene, N + BODY)],
      1,
      'what is hotter than all that is seen is no hotter than hot',
    );
    near(scaleOf(latency, model.report).most, 10e-3);
  });
});
