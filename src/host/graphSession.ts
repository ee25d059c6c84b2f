import type { ElementType } from '../latency/elementType';
import { reportToDot } from '../latency/reportDot';
import { reportToJson } from '../latency/reportJson';
import { reportToTrace } from '../latency/reportTrace';
import type { InferredShapes } from '../operators/inferShapes';
import type { ComparisonData } from '../protocol/comparison';
import {
  BATCH_KNOB,
  type Binding,
  type Changes,
  type Explanation,
  type ExportFormat,
  type GraphOpening,
  isOfTheModel,
  type NodeDetails,
  type ReportData,
  type TensorStatistics,
  type WhatIfAnswer,
} from '../protocol/graphPanel';
import { errorMessage } from '../protocol/rpc';
import { bodiesOf } from '../scene/bodies';
import { nodeDetails, tensorDetails } from '../scene/details';
import { buildScene } from '../scene/scene';
import { searchTexts } from '../scene/searchText';
import { warningsOf } from '../scene/warnings';
import { changedHardware, hardwareFile, hardwareFileName } from '../scene/whatIf';
import { Comparison } from './comparison';
import type { GraphServices } from './graphEditor';
import { GraphPath } from './graphPath';
import { GraphTensors } from './graphTensors';
import { HardwareSelection, withCurrent } from './hardwareInUse';
import type { ModelDocument } from './modelDocument';
import { declaredBatch, ModelSizes } from './modelSizes';
import { type Opened, reportOn, Trials } from './trial';
import { runBlocked } from './trust';

/** What one graph panel shows: a model, its shapes at a batch size, and a prediction on a hardware. */
export class GraphSession {
  readonly #document: ModelDocument;
  readonly #services: GraphServices;
  #opened: Promise<Opened> | undefined;
  readonly #hardware: HardwareSelection;
  readonly #sizes: ModelSizes;
  readonly comparison: Comparison;
  readonly #path = new GraphPath();
  readonly #tensors = new GraphTensors();
  readonly #trials = new Trials({
    opened: () => this.#open(),
    hardware: () => this.#hardware.inUse(),
    build: (batch, elementType) => this.#build(batch, elementType),
  });

  constructor(document: ModelDocument, services: GraphServices) {
    this.#document = document;
    this.#services = services;
    this.#hardware = new HardwareSelection(document.uri, services);
    this.#sizes = new ModelSizes(document.uri, services.memory);
    this.comparison = new Comparison(document.uri, services);
  }

  forgetModel(): void {
    this.#opened = undefined;
    this.#trials.revise();
  }

  /** A hardware file changed: any may be the one that is, or should be, in use. */
  forgetHardware(): void {
    this.#hardware.forget();
    this.#trials.revise();
  }

  /** Everything the panel has to draw. A hardware that cannot be loaded is a warning; a preset takes its place. */
  async opening(): Promise<GraphOpening> {
    const [choices, dropped] = await Promise.all([this.#services.hardware.choices(), this.#dropImpossibleChanges()]);
    const trial = await this.#trials.current();
    const { opened, preset } = trial;
    return {
      scene: opened.scene.data,
      report: reportOn(trial),
      hardware: withCurrent(choices, preset.hardware),
      batch: opened.batch,
      bindings: this.#bindings(opened.shapes),
      inside: this.#path.inside,
      warnings: [
        ...this.#path.warnings,
        ...preset.hardware.warnings,
        ...dropped,
        ...warningsOf(opened.model, opened.shapes),
      ],
      runBlocked: runBlocked(this.#document.uri),
    };
  }

  /** What was tried out on the hardware before is forgotten; the batch and the element type stay. */
  async setHardware(id: string): Promise<ReportData> {
    await this.#hardware.choose(id);
    this.#trials.revise((changes) => Object.fromEntries(Object.entries(changes).filter(([key]) => isOfTheModel(key))));
    return reportOn(await this.#trials.current());
  }

  /** Predicts with these values instead of the preset's. Throws, and stays as it was, when they are not possible. */
  async whatIf(changes: Changes, moving: boolean): Promise<WhatIfAnswer> {
    const before = await this.#trials.current();
    const trial = await this.#trials.put(changes, moving);
    const { batch, scene } = trial.opened;
    const { shapes, tensorShapes, tensorTypes, tensorBytes } = scene.data;
    const report = reportOn(trial);
    if (trial.opened !== before.opened)
      return { report, batch, shapes: { shapes, tensorShapes, tensorTypes, tensorBytes } };
    const { macs, flops, parameters, bytes, ...costs } = report;
    return { report: costs, batch };
  }

  /** What differs from the hardware's file, and of the model. */
  async changes(): Promise<Changes> {
    return (await this.#trials.current()).changes;
  }

  /** What is shown beside what it is compared with; undefined where it is not. */
  async compared(): Promise<ComparisonData | undefined> {
    return this.#path.inside.length > 0 ? undefined : this.comparison.data(await this.#trials.current());
  }

  async hardwareId(): Promise<string> {
    return (await this.#hardware.inUse()).id;
  }

  /** As if the hardware had been chosen and the values set: for other panels. */
  async tryOut(hardwareId: string, changes: Changes): Promise<void> {
    if ((await this.#hardware.inUse()).id !== hardwareId) await this.#hardware.choose(hardwareId);
    await this.#trials.put(changes);
  }

  /** Values that are there from the beginning. */
  startWith(changes: Changes): void {
    this.#trials.revise(() => changes);
  }

  /** The changed hardware as the text of a file, and a name for it. */
  async hardwareFile(): Promise<{ readonly name: string; readonly text: string }> {
    const { hardware, preset } = await this.#trials.current();
    const { value } = preset.hardware;
    return { name: hardwareFileName(value), text: hardwareFile(hardware, value) };
  }

  async setBatch(batch: number): Promise<void> {
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch must be a whole number from 1, not ${batch}`);
    await this.#services.memory.rememberModel(this.#document.uri, { batch });
    this.#opened = undefined;
    this.#trials.revise(({ [BATCH_KNOB]: _, ...changes }) => changes);
  }

  async bind(bindings: readonly Binding[]): Promise<void> {
    for (const { name, value } of bindings) {
      const valid = value === undefined || (Number.isSafeInteger(value) && value > 0);
      if (!valid) throw new Error(`${name} must be a whole number from 1, not ${value}`);
    }
    const known = Object.fromEntries(bindings.flatMap(({ name, value }) => (value ? [[name, value]] : [])));
    await this.#services.memory.rememberModel(this.#document.uri, { bindings: known });
    this.forgetModel();
  }

  async nodeDetails(sceneIndex: number): Promise<NodeDetails> {
    const { model, shapes, scene } = (await this.#trials.current()).opened;
    const node = scene.nodeOf(sceneIndex);
    if (node) return nodeDetails(node, model, shapes.infos, scene.readers());
    return inputOutputDetails(scene.data.names[sceneIndex] ?? '', scene.data.kind[sceneIndex] === 1, shapes);
  }

  async tensorStatistics(tensor: string): Promise<TensorStatistics> {
    return this.#tensors.statistics((await this.#trials.current()).opened.model.graph, tensor);
  }

  stopReading(): void {
    this.#tensors.stop();
  }

  async saveTensor(tensor: string): Promise<string> {
    const { model } = (await this.#trials.current()).opened;
    return this.#tensors.save(model.graph, tensor, this.#document.uri);
  }

  async searchTexts(): Promise<readonly string[]> {
    return searchTexts((await this.#trials.current()).opened.scene);
  }

  /** Enters a graph inside of a node; throws where there is none. */
  async openBody(sceneIndex: number, body: number): Promise<void> {
    const { model, scene } = (await this.#trials.current()).opened;
    const node = scene.nodeOf(sceneIndex);
    const wanted = node && bodiesOf(node, model)[body];
    if (!wanted) throw new Error('The node has no such graph inside any more: select it again.');
    this.#path.enter(node, body, wanted.label);
    this.forgetModel();
  }

  leaveBody(depth: number): void {
    this.#path.leave(depth);
    this.forgetModel();
  }

  /** What a node waits for and what would make it faster. */
  async explain(sceneIndex: number): Promise<Explanation> {
    const { revision, adviser, opened } = await this.#trials.current();
    const node = opened.scene.nodeOf(sceneIndex);
    return { revision, advice: node ? await adviser.adviceFor(node.id) : [] };
  }

  /** The report that is shown as the command line writes it. */
  async exportText(format: ExportFormat): Promise<string> {
    const { report, opened } = await this.#trials.current();
    const { model, shapes } = opened;
    switch (format) {
      case 'trace':
        return JSON.stringify(reportToTrace(report));
      case 'json':
        return JSON.stringify(reportToJson(model, report, warningsOf(model, shapes)), undefined, 1);
      case 'dot':
        return reportToDot(model.graph, report);
    }
  }

  /** The tensor that a node of the scene computes first. */
  async outputOf(sceneIndex: number): Promise<string | undefined> {
    if (this.#path.inside.length > 0)
      throw new Error('Grad-CAM looks at layers of the whole network: go back to the model’s own graph first.');
    const { scene } = await this.#open();
    return scene.nodeOf(sceneIndex)?.outputs.find((name) => name !== '');
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#build(this.#sizes.batch).catch((error: unknown) => {
      this.forgetModel();
      this.#document.reread();
      throw error;
    });
    return this.#opened;
  }

  async #build(batch: number | undefined, elementType?: ElementType): Promise<Opened> {
    const whole = await this.#document.model();
    const outer = this.#sizes.shapes(whole, batch, elementType);
    const { model, shapes } = this.#path.follow(whole, outer, elementType);
    const scene = buildScene(model, shapes, this.#document.name);
    return { model, shapes, scene, batch: batch ?? declaredBatch(whole, outer), elementType };
  }

  /** After a hardware file changed, what was tried may not be possible any more. Answers warnings. */
  async #dropImpossibleChanges(): Promise<readonly string[]> {
    const { value } = await this.#hardware.inUse();
    const warnings: string[] = [];
    this.#trials.revise((changes) => {
      try {
        changedHardware(value, changes);
        return changes;
      } catch (error) {
        warnings.push(`Back to the preset: ${errorMessage(error)}`);
        return {};
      }
    });
    return warnings;
  }

  #bindings(shapes: InferredShapes): readonly Binding[] {
    const bound = this.#services.memory.model(this.#document.uri).bindings ?? {};
    return shapes.freeDimensions.map((name) => ({ name, value: bound[name] }));
  }
}

async function inputOutputDetails(name: string, isInput: boolean, shapes: InferredShapes): Promise<NodeDetails> {
  const tensor = await tensorDetails(name, undefined, shapes.infos.get(name));
  return {
    name,
    operator: isInput ? 'Input' : 'Output',
    domain: '',
    doc: '',
    attributes: [],
    inputs: isInput ? [] : [tensor],
    outputs: isInput ? [tensor] : [],
    metadata: [],
    bodies: [],
  };
}
