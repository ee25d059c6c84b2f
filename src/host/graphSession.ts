import * as vscode from 'vscode';
import type { Model } from '../graph/graph';
import { describeHardware } from '../hardware/describe';
import type { Hardware } from '../hardware/hardware';
import { buildReport } from '../latency/report';
import { type InferredShapes, inferShapes } from '../operators/inferShapes';
import type { Binding, GraphOpening, HardwareChoice, NodeDetails, ReportData } from '../protocol/graphPanel';
import { errorMessage } from '../protocol/rpc';
import { nodeDetails, tensorDetails } from '../scene/details';
import { reportData } from '../scene/reportData';
import { buildScene, type Scene } from '../scene/scene';
import { warningsOf } from '../scene/warnings';
import type { GraphServices } from './graphEditor';
import type { ModelDocument } from './modelDocument';
import { runBlocked } from './trust';

interface Opened {
  readonly model: Model;
  readonly shapes: InferredShapes;
  readonly scene: Scene;
}

interface HardwareInUse {
  readonly id: string;
  readonly value: Hardware;
  /** Why it is not another one. */
  readonly warnings: readonly string[];
}

/** What one graph panel shows: a model, its shapes at a batch size, and a prediction on a hardware. */
export class GraphSession {
  readonly #document: ModelDocument;
  readonly #services: GraphServices;
  #opened: Promise<Opened> | undefined;
  /** What was chosen in this panel. */
  #chosen: string | undefined;
  #hardware: HardwareInUse | undefined;

  constructor(document: ModelDocument, services: GraphServices) {
    this.#document = document;
    this.#services = services;
  }

  forgetModel(): void {
    this.#opened = undefined;
  }

  /** A hardware file changed: it may be the one in use, or the one that should be and could not be read. */
  forgetHardware(): void {
    this.#hardware = undefined;
  }

  /** Everything the panel has to draw. A hardware that cannot be loaded is a warning; a preset takes its place. */
  async opening(): Promise<GraphOpening> {
    const opened = await this.#open();
    const [choices, hardware] = await Promise.all([this.#services.hardware.choices(), this.#hardwareInUse()]);
    return {
      scene: opened.scene.data,
      report: reportOn(opened, hardware),
      hardware: withCurrent(choices, hardware),
      batch: this.#batch ?? declaredBatch(opened),
      bindings: this.#bindings(opened.shapes),
      warnings: [...hardware.warnings, ...warningsOf(opened.model, opened.shapes)],
      runBlocked: runBlocked(this.#document.uri),
    };
  }

  async setHardware(id: string): Promise<ReportData> {
    const hardware = { ...(await this.#services.hardware.load(id, this.#document.uri)), warnings: [] };
    this.#hardware = hardware;
    this.#chosen = hardware.id;
    await this.#services.memory.rememberModel(this.#document.uri, { hardware: hardware.id });
    return reportOn(await this.#open(), hardware);
  }

  async setBatch(batch: number): Promise<void> {
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch must be a whole number from 1, not ${batch}`);
    await this.#services.memory.rememberModel(this.#document.uri, { batch });
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
    const { model, shapes, scene } = await this.#open();
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
    this.#opened ??= this.#build().catch((error: unknown) => {
      this.forgetModel();
      this.#document.reread();
      throw error;
    });
    return this.#opened;
  }

  async #build(): Promise<Opened> {
    const model = await this.#document.model();
    const bindings = new Map(Object.entries(this.#services.memory.model(this.#document.uri).bindings ?? {}));
    const shapes = inferShapes(model, { bindings, ...(this.#batch !== undefined && { batch: this.#batch }) });
    return { model, shapes, scene: buildScene(model, shapes, this.#document.name) };
  }

  async #hardwareInUse(): Promise<HardwareInUse> {
    this.#hardware ??= await this.#loadHardware();
    return this.#hardware;
  }

  /** The first that loads of: what was chosen here, what this model was last seen on, the setting, the first preset. */
  async #loadHardware(): Promise<HardwareInUse> {
    const { hardware: remembered } = this.#services.memory.model(this.#document.uri);
    const wanted = [this.#chosen ?? remembered, this.#setting<string>('hardware'), 'cpu'];
    const warnings: string[] = [];
    for (const id of wanted) {
      if (!id) continue;
      try {
        return { ...(await this.#services.hardware.load(id, this.#document.uri)), warnings };
      } catch (error) {
        warnings.push(errorMessage(error));
      }
    }
    throw new Error(warnings.join(' '));
  }

  #bindings(shapes: InferredShapes): readonly Binding[] {
    const bound = this.#services.memory.model(this.#document.uri).bindings ?? {};
    return shapes.freeDimensions.map((name) => ({ name, value: bound[name] }));
  }
}

function reportOn({ model, shapes }: Opened, { id, value }: HardwareInUse): ReportData {
  return reportData(buildReport(model, shapes, value), id);
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
function declaredBatch({ model, shapes }: Opened): number {
  const input = model.graph.inputs.find(({ name }) => !model.graph.constants.has(name));
  const batch = shapes.infos.get(input?.name ?? '')?.shape?.[0];
  return typeof batch === 'number' ? batch : 1;
}
