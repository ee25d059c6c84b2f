import type { Model } from '../graph/graph';
import type { Hardware } from '../hardware/hardware';
import { costAhead, slices } from '../latency/ahead';
import { isElementType } from '../latency/elementType';
import { planFor } from '../latency/report';
import { type Candidate, candidates, type Prediction, predict, type Sized, sweepCsv } from '../latency/sweep';
import { axesOf, BATCH } from '../latency/sweepAxes';
import { BATCH_KNOB, type Changes, ELEMENT_TYPE_KNOB, isOfTheModel } from '../protocol/graphPanel';
import { errorMessage } from '../protocol/rpc';
import type { SweepOpening, SweepRequest, SweepResult, SweepView } from '../protocol/sweepPanel';
import { type Found, foundIn, sweepData } from '../scene/sweepData';
import { warningsOf } from '../scene/warnings';
import { changedHardware, hardwareFile, hardwareFileName, knobsOf } from '../scene/whatIf';
import { HardwareSelection, withCurrent } from './hardwareInUse';
import type { HardwareStore } from './hardwareStore';
import type { Memory } from './memory';
import type { ModelDocument } from './modelDocument';
import { declaredBatch, ModelSizes } from './modelSizes';

const MOST_POINTS = 2500;

/** Where the results of a run go before its end. */
export interface Listener {
  /** Before each point. `refining`: a result is there, and is searched further. */
  progress(done: number, all: number, refining: boolean): void;
  /** A result of a quick search: times lie above what is found in the end, by up to 20 % where measured. */
  preview(result: SweepResult): void;
}

/** Only arrays search for mappings, which is done quickly first, and then further. */
type Pass = 'only' | 'quick' | 'further';

/** What the points start from: a model, a hardware and the values tried out on both. */
interface Start {
  readonly hardwareId: string;
  readonly hardware: Hardware;
  readonly batch: number;
  sized(batch: number): Sized;
  readonly warnings: readonly string[];
}

/** One sweep: what it starts from, and what it found last. */
export class SweepSession {
  readonly #document: ModelDocument;
  readonly #memory: Memory;
  readonly #store: HardwareStore;
  readonly #hardware: HardwareSelection;
  readonly #sizes: ModelSizes;
  #changes: Changes;
  #found: Found | undefined;
  #underWay: AbortController | undefined;

  constructor(
    document: ModelDocument,
    changes: Changes,
    services: { readonly hardware: HardwareStore; readonly memory: Memory },
  ) {
    this.#document = document;
    this.#changes = changes;
    this.#memory = services.memory;
    this.#store = services.hardware;
    this.#hardware = new HardwareSelection(document.uri, services);
    this.#sizes = new ModelSizes(document.uri, services.memory);
  }

  /** What differs from the hardware's file at all points. */
  get changes(): Changes {
    return this.#changes;
  }

  set changes(changes: Changes) {
    this.#changes = changes;
  }

  /** A hardware file changed: any may be the one that is, or should be, in use. */
  forgetHardware(): void {
    this.#hardware.forget();
  }

  async opening(): Promise<SweepOpening> {
    const [choices, { hardwareId, hardware, batch, warnings }] = await Promise.all([
      this.#store.choices(),
      this.#start(),
    ]);
    const at = { hardware, batch };
    return {
      restore: JSON.stringify({ model: this.#document.uri.toString(), changes: this.#changes }),
      modelName: this.#document.name,
      hardware: withCurrent(choices, { id: hardwareId, value: hardware }),
      hardwareId,
      hardwareName: hardware.name,
      knobs: knobsOf(at, at),
      changes: this.#changes,
      warnings,
      request: this.#memory.get<SweepRequest>(requestKey(hardwareId)),
      view: this.#memory.get<SweepView>('sweep.view'),
    };
  }

  /** What was tried out on the hardware before is forgotten; what is of the model stays. */
  async setHardware(id: string): Promise<SweepOpening> {
    await this.#hardware.choose(id);
    this.#changes = Object.fromEntries(Object.entries(this.#changes).filter(([key]) => isOfTheModel(key)));
    return this.opening();
  }

  /**
   * Predicts all points, where mappings are searched for quickly at first; a newer call gives up one under way. Undefined when it
   * was given up.
   */
  async run(request: SweepRequest, listener: Listener): Promise<SweepResult | undefined> {
    this.cancel();
    const controller = new AbortController();
    this.#underWay = controller;
    const { hardwareId, hardware, batch, sized } = await this.#start();
    const [y, x] = axesOf([request.y, request.x], hardware.engine, MOST_POINTS);
    if (!x || !y) return undefined;
    await this.#memory.set(requestKey(hardwareId), request);
    // The first candidate is the preset: the point without settings.
    const points = [...candidates(hardware, []), ...candidates(hardware, [y, x])];
    const { signal } = controller;
    const pass = async (which: Pass): Promise<SweepResult | undefined> => {
      const progress = (done: number): void => listener.progress(done, points.length, which === 'further');
      const at = (images: number | undefined): Sized => sized(images ?? batch);
      const [preset, ...done] = (await unlessAborted(signal, points, at, which === 'quick', progress)) ?? [];
      if (!preset) return undefined;
      this.#found = foundIn({ x, y, points: done, preset, batch });
      return sweepData(this.#found);
    };
    if (hardware.engine !== 'spatial') return pass('only');
    const preview = await pass('quick');
    if (preview) listener.preview(preview);
    return preview && pass('further');
  }

  cancel(): void {
    this.#underWay?.abort();
  }

  /** The last result as a file, and a name for it. */
  csv(): { readonly name: string; readonly text: string } {
    if (!this.#found) throw new Error('there is nothing to save yet: no sweep has been computed');
    const { x, y, points } = this.#found;
    const stem = this.#document.name.replace(/\.onnx$/i, '');
    return { name: `${stem}-sweep.csv`, text: sweepCsv([y, x], points) };
  }

  /** A point as changes of the hardware's file. */
  async changesAt(values: Changes): Promise<{ readonly hardwareId: string; readonly changes: Changes }> {
    const { id } = await this.#hardware.inUse();
    return { hardwareId: id, changes: { ...this.#changes, ...values } };
  }

  /** The hardware at a point as the text of a file, and a name for it. */
  async hardwareFile(values: Changes): Promise<{ readonly name: string; readonly text: string }> {
    const { value } = await this.#hardware.inUse();
    const changed = changedHardware(value, { ...this.#changes, ...values });
    return { name: hardwareFileName(value), text: hardwareFile(changed, value) };
  }

  async remember(view: SweepView): Promise<void> {
    await this.#memory.set('sweep.view', view);
  }

  async #start(): Promise<Start> {
    const [model, { id: hardwareId, value: preset, warnings }] = await Promise.all([
      this.#model(),
      this.#hardware.inUse(),
    ]);
    const dropped = this.#dropImpossibleChanges(preset);
    const { [BATCH_KNOB]: images = this.#sizes.batch, [ELEMENT_TYPE_KNOB]: type } = this.#changes;
    const sizedAt = (batch: number | undefined): Sized => ({
      model,
      shapes: this.#sizes.shapes(model, batch, isElementType(type) ? type : undefined),
    });
    const own = sizedAt(images === undefined ? undefined : Number(images));
    const batch = Number(images ?? declaredBatch(model, own.shapes));
    return {
      hardwareId,
      hardware: changedHardware(preset, this.#changes),
      batch,
      sized: once(sizedAt, new Map([[batch, own]])),
      warnings: [...warnings, ...dropped, ...warningsOf(model, own.shapes)],
    };
  }

  async #model(): Promise<Model> {
    try {
      return await this.#document.model();
    } catch (error) {
      this.#document.reread();
      throw error;
    }
  }

  /** After a hardware file changed, what was tried out may not be possible any more. Answers warnings. */
  #dropImpossibleChanges(preset: Hardware): readonly string[] {
    try {
      changedHardware(preset, this.#changes);
      return [];
    } catch (error) {
      this.#changes = {};
      return [`Back to the preset: ${errorMessage(error)}`];
    }
  }
}

const requestKey = (hardwareId: string): string => `sweep.request:${hardwareId}`;

/** Sizes of each batch are inferred when they are first asked for. */
function once(sized: (batch: number) => Sized, known: Map<number, Sized>): (batch: number) => Sized {
  return (batch) => {
    const found = known.get(batch) ?? sized(batch);
    known.set(batch, found);
    return found;
  };
}

/**
 * All predictions, everything else of the process having its turn in between; undefined where they were given up. `quick`: each
 * search begins with what the one for the point before found, and is short.
 */
async function unlessAborted(
  signal: AbortSignal,
  points: readonly Candidate[],
  sized: (batch: number | undefined) => Sized,
  quick: boolean,
  progress: (done: number) => void,
): Promise<readonly Prediction[] | undefined> {
  const done: Prediction[] = [];
  const rest = slices(signal);
  let similar: Hardware | undefined;
  try {
    for (const candidate of points) {
      progress(done.length);
      if ('hardware' in candidate) {
        const { hardware, settings } = candidate;
        const { model, shapes } = sized(settings[BATCH]);
        await costAhead(planFor(model, shapes, hardware), hardware, signal, similar);
      }
      done.push(predict(candidate, sized, { similar }));
      if (quick && 'hardware' in candidate) similar = candidate.hardware;
      await rest();
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  return done;
}
