import type { Model } from '../graph/graph';
import { describeHardware } from '../hardware/describe';
import { type InferredShapes, inferShapes } from '../operators/inferShapes';
import {
  BATCH_KNOB,
  type Binding,
  type Changes,
  type GraphOpening,
  type HardwareChoice,
  type NodeDetails,
  type ReportData,
  type WhatIfAnswer,
} from '../protocol/graphPanel';
import { errorMessage } from '../protocol/rpc';
import { nodeDetails, tensorDetails } from '../scene/details';
import { buildScene } from '../scene/scene';
import { warningsOf } from '../scene/warnings';
import { changedHardware, hardwareFile } from '../scene/whatIf';
import type { GraphServices } from './graphEditor';
import { type HardwareInUse, HardwareSelection } from './hardwareInUse';
import type { ModelDocument } from './modelDocument';
import { setting } from './setting';
import { type Opened, reportOn, type Trial, Trials } from './trial';
import { runBlocked } from './trust';

/** What one graph panel shows: a model, its shapes at a batch size, and a prediction on a hardware. */
export class GraphSession {
  readonly #document: ModelDocument;
  readonly #services: GraphServices;
  #opened: Promise<Opened> | undefined;
  readonly #hardware: HardwareSelection;
  readonly #trials = new Trials((batch) => this.#build(batch));
  #changes: Changes = {};

  constructor(document: ModelDocument, services: GraphServices) {
    this.#document = document;
    this.#services = services;
    this.#hardware = new HardwareSelection(document.uri, services);
  }

  forgetModel(): void {
    this.#opened = undefined;
  }

  /** A hardware file changed: any may be the one that is, or should be, in use. */
  forgetHardware(): void {
    this.#hardware.forget();
  }

  /** Everything the panel has to draw. A hardware that cannot be loaded is a warning; a preset takes its place. */
  async opening(): Promise<GraphOpening> {
    const [choices, dropped] = await Promise.all([this.#services.hardware.choices(), this.#dropImpossibleChanges()]);
    const trial = await this.#try();
    const { opened, preset } = trial;
    return {
      scene: opened.scene.data,
      report: reportOn(trial),
      hardware: withCurrent(choices, preset.hardware),
      batch: opened.batch,
      bindings: this.#bindings(opened.shapes),
      warnings: [...preset.hardware.warnings, ...dropped, ...warningsOf(opened.model, opened.shapes)],
      runBlocked: runBlocked(this.#document.uri),
    };
  }

  /** What was tried out on the hardware before is forgotten; the batch stays. */
  async setHardware(id: string): Promise<ReportData> {
    await this.#hardware.choose(id);
    const { [BATCH_KNOB]: batch } = this.#changes;
    this.#changes = batch === undefined ? {} : { [BATCH_KNOB]: batch };
    return reportOn(await this.#try());
  }

  /** Predicts with these values instead of the preset's. Throws, and stays as it was, when they are not possible. */
  async whatIf(changes: Changes, moving: boolean): Promise<WhatIfAnswer> {
    const before = await this.#try();
    const trial = await this.#try(changes);
    this.#changes = changes;
    const { batch, scene } = trial.opened;
    const { shapes, tensorShapes } = scene.data;
    const resized = trial.opened !== before.opened;
    return { report: reportOn(trial, !moving), batch, ...(resized && { shapes: { shapes, tensorShapes } }) };
  }

  /** The changed hardware as the text of a file, and a name for it. */
  async hardwareFile(): Promise<{ readonly name: string; readonly text: string }> {
    const { hardware, preset } = await this.#try();
    const { value } = preset.hardware;
    const name = value.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    return { name: `${name}-changed.evohw.json`, text: hardwareFile(hardware, value) };
  }

  async setBatch(batch: number): Promise<void> {
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch must be a whole number from 1, not ${batch}`);
    await this.#services.memory.rememberModel(this.#document.uri, { batch });
    const { [BATCH_KNOB]: _, ...changes } = this.#changes;
    this.#changes = changes;
    this.#opened = undefined;
  }

  async bind(bindings: readonly Binding[]): Promise<void> {
    for (const { name, value } of bindings) {
      const valid = value === undefined || (Number.isSafeInteger(value) && value > 0);
      if (!valid) throw new Error(`${name} must be a whole number from 1, not ${value}`);
    }
    const known = Object.fromEntries(bindings.flatMap(({ name, value }) => (value ? [[name, value]] : [])));
    await this.#services.memory.rememberModel(this.#document.uri, { bindings: known });
    this.#opened = undefined;
  }

  async nodeDetails(sceneIndex: number): Promise<NodeDetails> {
    const { model, shapes, scene } = (await this.#try()).opened;
    const node = scene.nodeOf(sceneIndex);
    if (node) return nodeDetails(node, model.graph, shapes.infos);
    return inputOutputDetails(scene.data.names[sceneIndex] ?? '', scene.data.kind[sceneIndex] === 1, shapes);
  }

  /** The tensor that a node of the scene computes first. */
  async outputOf(sceneIndex: number): Promise<string | undefined> {
    const { scene } = await this.#open();
    return scene.nodeOf(sceneIndex)?.outputs.find((name) => name !== '');
  }

  /** What the user chose; undefined leaves a batch that the file fixes as it is. */
  get #batch(): number | undefined {
    const remembered = this.#services.memory.model(this.#document.uri).batch;
    return remembered ?? (setting<number>('batch', this.#document.uri) || undefined);
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#build(this.#batch).catch((error: unknown) => {
      this.forgetModel();
      this.#document.reread();
      throw error;
    });
    return this.#opened;
  }

  async #build(batch: number | undefined): Promise<Opened> {
    const model = await this.#document.model();
    const bindings = new Map(Object.entries(this.#services.memory.model(this.#document.uri).bindings ?? {}));
    const shapes = inferShapes(model, { bindings, ...(batch !== undefined && { batch }) });
    const scene = buildScene(model, shapes, this.#document.name);
    return { model, shapes, scene, batch: batch ?? declaredBatch(model, shapes) };
  }

  async #try(changes = this.#changes): Promise<Trial> {
    const [opened, hardware] = await Promise.all([this.#open(), this.#hardware.inUse()]);
    return this.#trials.of(opened, hardware, changes);
  }

  /** After a hardware file changed, what was tried may not be possible any more. Answers warnings. */
  async #dropImpossibleChanges(): Promise<readonly string[]> {
    const { value } = await this.#hardware.inUse();
    try {
      changedHardware(value, this.#changes);
      return [];
    } catch (error) {
      this.#changes = {};
      return [`Back to the preset: ${errorMessage(error)}`];
    }
  }

  #bindings(shapes: InferredShapes): readonly Binding[] {
    const bound = this.#services.memory.model(this.#document.uri).bindings ?? {};
    return shapes.freeDimensions.map((name) => ({ name, value: bound[name] }));
  }
}

/** A file outside the workspace stays in the list as long as it is in use. */
function withCurrent(choices: readonly HardwareChoice[], current: HardwareInUse): readonly HardwareChoice[] {
  if (choices.some(({ id }) => id === current.id)) return choices;
  const { id, value } = current;
  return [...choices, { id, label: value.name, description: describeHardware(value), group: 'workspace' }];
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
  };
}

/** First size of the first input: what the file fixes, or 1. */
function declaredBatch(model: Model, shapes: InferredShapes): number {
  const input = model.graph.inputs.find(({ name }) => !model.graph.constants.has(name));
  const batch = shapes.infos.get(input?.name ?? '')?.shape?.[0];
  return typeof batch === 'number' ? batch : 1;
}
