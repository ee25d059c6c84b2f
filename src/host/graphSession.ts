import * as vscode from 'vscode';
import type { Model } from '../graph/graph';
import { describeHardware } from '../hardware/describe';
import type { Hardware } from '../hardware/hardware';
import { buildReport } from '../latency/report';
import { type InferredShapes, inferShapes } from '../operators/inferShapes';
import type { Binding, GraphOpening, HardwareChoice, NodeDetails, ReportData } from '../protocol/graphPanel';
import { nodeDetails, tensorDetails } from '../scene/details';
import { reportData } from '../scene/reportData';
import { buildScene, type Scene } from '../scene/scene';
import type { GraphServices } from './graphEditor';
import type { ModelDocument } from './modelDocument';
import { runBlocked } from './trust';

interface Opened {
  readonly model: Model;
  readonly shapes: InferredShapes;
  readonly scene: Scene;
}

/** What one graph panel shows: a model, its shapes at a batch size, and a prediction on a hardware. */
export class GraphSession {
  readonly #document: ModelDocument;
  readonly #services: GraphServices;
  #opened: Promise<Opened> | undefined;
  #hardware: { readonly id: string; readonly value: Hardware } | undefined;

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
    const opened = await this.#open();
    const [choices, hardwareWarning] = await Promise.all([this.#services.hardware.choices(), this.#loadHardware()]);
    return {
      scene: opened.scene.data,
      report: await this.#report(opened),
      hardware: this.#withCurrent(choices),
      batch: this.#batch ?? declaredBatch(opened),
      bindings: this.#bindings(opened.shapes),
      warnings: [...hardwareWarning, ...warningsOf(opened)],
      runBlocked: runBlocked(this.#document.uri),
    };
  }

  async setHardware(id: string): Promise<ReportData> {
    this.#hardware = { id, value: await this.#services.hardware.load(id, this.#document.uri) };
    await this.#services.memory.rememberModel(this.#document.uri, { hardware: id });
    return this.#report(await this.#open());
  }

  async setBatch(batch: number): Promise<void> {
    if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch must be a whole number from 1, not ${batch}`);
    await this.#services.memory.rememberModel(this.#document.uri, { batch });
    this.#opened = undefined;
  }

  async bind(bindings: readonly Binding[]): Promise<void> {
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
    return { model, shapes, scene: buildScene(model, shapes.infos, this.#document.name) };
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

  async #report({ model, shapes }: Opened): Promise<ReportData> {
    const hardware = this.#hardware;
    if (!hardware) throw new Error('no hardware chosen');
    return reportData(buildReport(model, shapes, hardware.value), hardware.id);
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
function declaredBatch({ model, shapes }: Opened): number {
  const input = model.graph.inputs.find(({ name }) => !model.graph.constants.has(name));
  const batch = shapes.infos.get(input?.name ?? '')?.shape?.[0];
  return typeof batch === 'number' ? batch : 1;
}
