import * as vscode from 'vscode';
import type { Model } from '../graph/graph';
import { describeHardware } from '../hardware/describe';
import type { Hardware } from '../hardware/hardware';
import { buildReport, type LatencyReport } from '../latency/report';
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
import { nodeDetails, tensorDetails } from '../scene/details';
import { reportData } from '../scene/reportData';
import { buildScene, type Scene } from '../scene/scene';
import { changedHardware, hardwareFile } from '../scene/whatIf';
import type { GraphServices } from './graphEditor';
import type { ModelDocument } from './modelDocument';
import { runBlocked } from './trust';

interface Opened {
  readonly model: Model;
  readonly shapes: InferredShapes;
  readonly scene: Scene;
  readonly batch: number;
}

/** What is tried out: values instead of the preset's, and what follows from them. */
interface Trial {
  readonly changes: Changes;
  readonly hardware: Hardware;
  readonly opened: Opened;
}

/** What one graph panel shows: a model, its shapes at a batch size, and a prediction on a hardware. */
export class GraphSession {
  readonly #document: ModelDocument;
  readonly #services: GraphServices;
  #opened: Promise<Opened> | undefined;
  #hardware: { readonly id: string; readonly value: Hardware } | undefined;
  #changes: Changes = {};
  /** Of the changes last tried: asked for again when the slider has come to rest. */
  #trial: Trial | undefined;
  /** Of the hardware as its file has it. */
  #preset: { readonly opened: Opened; readonly hardware: Hardware; readonly report: LatencyReport } | undefined;

  constructor(document: ModelDocument, services: GraphServices) {
    this.#document = document;
    this.#services = services;
  }

  forgetModel(): void {
    this.#opened = undefined;
  }

  /** A hardware file changed: load it again when it is the one in use. */
  forgetHardware(uri: vscode.Uri): void {
    if (this.#hardware?.id === uri.toString()) this.#hardware = undefined;
  }

  /** Everything the panel has to draw. A hardware that cannot be loaded is a warning; a preset takes its place. */
  async opening(): Promise<GraphOpening> {
    const [choices, hardwareWarning] = await Promise.all([this.#services.hardware.choices(), this.#loadHardware()]);
    const dropped = await this.#dropImpossibleChanges();
    const { opened } = await this.#try();
    return {
      scene: opened.scene.data,
      report: await this.#report(),
      hardware: this.#withCurrent(choices),
      batch: opened.batch,
      bindings: this.#bindings(opened.shapes),
      warnings: [...hardwareWarning, ...dropped, ...warningsOf(opened)],
      runBlocked: runBlocked(this.#document.uri),
    };
  }

  async setHardware(id: string): Promise<ReportData> {
    this.#hardware = { id, value: await this.#services.hardware.load(id, this.#document.uri) };
    this.#changes = {};
    await this.#services.memory.rememberModel(this.#document.uri, { hardware: id });
    return this.#report();
  }

  /** Predicts with these values instead of the preset's. Throws, and stays as it was, when they are not possible. */
  async whatIf(changes: Changes, moving: boolean): Promise<WhatIfAnswer> {
    const before = this.#trial?.opened ?? (await this.#open());
    const { opened } = await this.#try(changes);
    this.#changes = changes;
    const { shapes, tensorShapes } = opened.scene.data;
    const report = await this.#report(!moving);
    return { report, batch: opened.batch, ...(opened !== before && { shapes: { shapes, tensorShapes } }) };
  }

  /** The changed hardware as the text of a file, and a name for it. */
  async hardwareFile(): Promise<{ readonly name: string; readonly text: string }> {
    const { hardware } = await this.#try();
    const preset = this.#chosen();
    const name = preset.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    return { name: `${name}-changed.evohw.json`, text: hardwareFile(hardware, preset) };
  }

  async setBatch(batch: number): Promise<void> {
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch must be a whole number from 1, not ${batch}`);
    await this.#services.memory.rememberModel(this.#document.uri, { batch });
    const { [BATCH_KNOB]: _, ...changes } = this.#changes;
    this.#changes = changes;
    this.#opened = undefined;
  }

  async bind(bindings: readonly Binding[]): Promise<void> {
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
    return remembered ?? (this.#setting<number>('batch') || undefined);
  }

  #setting<T>(name: string): T | undefined {
    return vscode.workspace.getConfiguration('evoProfiler', this.#document.uri).get<T>(name);
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
    const scene = buildScene(model, shapes.infos, this.#document.name);
    return { model, shapes, scene, batch: batch ?? declaredBatch(model, shapes) };
  }

  /** The hardware and the model with the changes; the same objects as long as nothing is different, which keeps costs known. */
  async #try(changes = this.#changes): Promise<Trial> {
    const opened = await this.#open();
    const preset = this.#chosen();
    const known = this.#trial;
    const batch = Number(changes[BATCH_KNOB] ?? opened.batch);
    const same = known && this.#preset?.opened === opened && this.#preset.hardware === preset;
    if (same && JSON.stringify(known.changes) === JSON.stringify(changes)) return known;
    const hardware = changedHardware(preset, changes);
    const reused = same && known.opened.batch === batch ? known.opened : undefined;
    const trial = {
      changes,
      hardware,
      opened: batch === opened.batch ? opened : (reused ?? (await this.#build(batch))),
    };
    if (!same) this.#preset = { opened, hardware: preset, report: buildReport(opened.model, opened.shapes, preset) };
    this.#trial = trial;
    return trial;
  }

  /** After a hardware file changed, what was tried may not be possible any more. Answers warnings. */
  async #dropImpossibleChanges(): Promise<readonly string[]> {
    try {
      changedHardware(this.#chosen(), this.#changes);
      return [];
    } catch (error) {
      this.#changes = {};
      return [`Back to the preset: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  #chosen(): Hardware {
    if (!this.#hardware) throw new Error('no hardware chosen');
    return this.#hardware.value;
  }

  /** Answers warnings. The first of: what is in use, what this model was last seen on, the setting, the first preset. */
  async #loadHardware(): Promise<readonly string[]> {
    if (this.#hardware) return [];
    const wanted = [this.#services.memory.model(this.#document.uri).hardware, this.#setting<string>('hardware'), 'cpu'];
    const warnings: string[] = [];
    for (const id of wanted) {
      if (!id) continue;
      try {
        this.#hardware = { id, value: await this.#services.hardware.load(id, this.#document.uri) };
        return warnings;
      } catch (error) {
        warnings.push(`Hardware '${id}': ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new Error(warnings.join(' '));
  }

  /** A file outside the workspace stays in the list as long as it is in use. */
  #withCurrent(choices: readonly HardwareChoice[]): readonly HardwareChoice[] {
    const current = this.#hardware;
    if (!current || choices.some(({ id }) => id === current.id)) return choices;
    const { id, value } = current;
    return [...choices, { id, label: value.name, description: describeHardware(value), group: 'workspace' }];
  }

  #bindings(shapes: InferredShapes): readonly Binding[] {
    const bound = this.#services.memory.model(this.#document.uri).bindings ?? {};
    return shapes.freeDimensions.map((name) => ({ name, value: bound[name] }));
  }

  async #report(advise = true): Promise<ReportData> {
    const { opened, hardware } = await this.#try();
    const { batch, model, shapes } = opened;
    const preset = this.#preset && { report: this.#preset.report, batch: this.#preset.opened.batch };
    const report = buildReport(model, shapes, hardware);
    return reportData(report, this.#hardware?.id ?? '', { batch, advise, ...(preset && { preset }) });
  }
}

/** At most five sentences on what the numbers do not cover. */
function warningsOf({ model, shapes }: Opened): readonly string[] {
  const missing = [...model.graph.constants.values()].filter(({ location }) => location.kind === 'missing');
  const problems = shapes.problems.map(({ node, message }) => `${node.operator} ${node.name}: ${message}`);
  const sentences = [
    ...missing.slice(0, 1).map(({ name, location }) => {
      const others = missing.length > 1 ? ` (and ${missing.length - 1} more weights)` : '';
      return `${name}: ${location.kind === 'missing' ? location.reason : ''}${others}`;
    }),
    ...problems.slice(0, 4),
  ];
  return problems.length > 4 ? [...sentences, `… and ${problems.length - 4} more of the kind`] : sentences;
}

function inputOutputDetails(name: string, isInput: boolean, shapes: InferredShapes): NodeDetails {
  const tensor = tensorDetails(name, undefined, shapes.infos.get(name));
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
