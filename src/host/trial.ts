import type { Model } from '../graph/graph';
import type { Hardware } from '../hardware/hardware';
import { Adviser } from '../latency/advice/adviser';
import { costAhead } from '../latency/ahead';
import { type ElementType, isElementType } from '../latency/elementType';
import { buildReport, type LatencyReport, planFor } from '../latency/report';
import type { InferredShapes } from '../operators/inferShapes';
import { BATCH_KNOB, type Changes, ELEMENT_TYPE_KNOB, type ReportData } from '../protocol/graphPanel';
import { reportData } from '../scene/reportData';
import type { Scene } from '../scene/scene';
import { changedHardware } from '../scene/whatIf';
import type { HardwareInUse } from './hardwareInUse';

/** A model and what follows from it at a batch, in another element type where one is given. */
export interface Opened {
  readonly model: Model;
  readonly shapes: InferredShapes;
  readonly scene: Scene;
  readonly batch: number;
  readonly elementType: ElementType | undefined;
}

/** How a trial is made. `moving`: whether quickly; undefined where what is in force will do. */
interface Making {
  readonly isWanted: () => boolean;
  readonly signal?: AbortSignal;
  readonly moving?: boolean;
}

/** What is tried out: values instead of the preset's, and what follows from them. */
export interface Trial {
  /** No other trial of these Trials has it. */
  readonly revision: number;
  readonly changes: Changes;
  /** A first answer while a slider moves: the search was a quick one. */
  readonly moving: boolean;
  readonly hardware: Hardware;
  readonly opened: Opened;
  readonly report: LatencyReport;
  readonly adviser: Adviser;
  readonly preset: Preset;
}

/** Before anything was changed: the hardware as its file has it. */
interface Preset {
  readonly opened: Opened;
  readonly hardware: HardwareInUse;
  readonly report: LatencyReport;
}

/** Where models and hardware come from: the same objects as long as nothing is different, which keeps costs known. */
export interface TrialSources {
  opened(): Promise<Opened>;
  hardware(): Promise<HardwareInUse>;
  build(batch: number, elementType: ElementType | undefined): Promise<Opened>;
}

/**
 * The values in force instead of the preset's. A trial under way counts only if nothing else has landed when it is done: not
 * another one, and no change of what it was made for.
 */
export class Trials {
  readonly #sources: TrialSources;
  #changes: Changes = {};
  #underWay = new AbortController();
  #last: Trial | undefined;
  #revision = 0;

  constructor(sources: TrialSources) {
    this.#sources = sources;
  }

  /** What is in force. */
  current(): Promise<Trial> {
    const changes = this.#changes;
    return this.#make(changes, { isWanted: () => changes === this.#changes });
  }

  /**
   * Puts values in force, all of them each time, and answers what then is: where something else has landed in the meantime that.
   * Throws, and leaves everything as it was, when they are not possible. `moving`: a quick answer, others follow at once.
   */
  async put(changes: Changes, moving = false): Promise<Trial> {
    const { signal } = this.#overtake();
    const trial = await this.#make(changes, { isWanted: () => !signal.aborted, signal, moving }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
    if (signal.aborted || !trial) return this.current();
    this.#changes = changes;
    return trial;
  }

  /** The model, the hardware or the batch is another: what is left of the changes. A trial under way is given up. */
  revise(left: (changes: Changes) => Changes = (changes) => changes): void {
    this.#overtake();
    this.#changes = left(this.#changes);
  }

  #overtake(): AbortController {
    this.#underWay.abort();
    this.#underWay = new AbortController();
    return this.#underWay;
  }

  /** Keeps the trial if it is still wanted when it is done. */
  async #make(changes: Changes, { isWanted, signal, moving }: Making): Promise<Trial> {
    const [opened, inUse] = await Promise.all([this.#sources.opened(), this.#sources.hardware()]);
    const isEnough = (trial: Trial): boolean => isSame(trial.changes, changes) && (moving !== false || !trial.moving);
    const known = this.#known(opened, inUse);
    if (known && isEnough(known)) return known;
    const hardware = changedHardware(inUse.value, changes);
    const sized = await this.#sized(changes, [opened, ...(known ? [known.opened] : [])]);
    const preset = known?.preset ?? { opened, hardware: inUse, report: await predict(opened, inUse.value, signal) };
    const unchanged = sized === opened && hardware === inUse.value;
    const similar = moving ? inUse.value : undefined;
    const report = unchanged ? preset.report : await predict(sized, hardware, signal, similar);
    const meanwhile = this.#known(opened, inUse);
    if (meanwhile && isEnough(meanwhile)) return meanwhile;
    const adviser = new Adviser(sized.model, report);
    const quick = !unchanged && moving === true;
    const made = { hardware, opened: sized, report, adviser, preset };
    const trial = { revision: ++this.#revision, changes, moving: quick, ...made };
    if (isWanted()) this.#last = trial;
    return trial;
  }

  async #sized(changes: Changes, known: readonly [Opened, ...Opened[]]): Promise<Opened> {
    const batch = Number(changes[BATCH_KNOB] ?? known[0].batch);
    const { [ELEMENT_TYPE_KNOB]: word } = changes;
    const type = isElementType(word) ? word : undefined;
    const found = known.find((one) => one.batch === batch && one.elementType === type);
    return found ?? this.#sources.build(batch, type);
  }

  /** The trial made last, if it is one of this model and hardware. */
  #known(opened: Opened, inUse: HardwareInUse): Trial | undefined {
    const last = this.#last;
    return last?.preset.opened === opened && last.preset.hardware.value === inUse.value ? last : undefined;
  }
}

function isSame(a: Changes, b: Changes): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** In slices; `similar`: quickly, from what was found on that hardware. */
export async function predict(
  { model, shapes }: Opened,
  hardware: Hardware,
  signal: AbortSignal | undefined,
  similar?: Hardware,
): Promise<LatencyReport> {
  await costAhead(planFor(model, shapes, hardware), hardware, signal, similar);
  // The unfused figure is worked out when it is read: of a quick answer nobody does.
  if (!similar) await costAhead(planFor(model, shapes, hardware, false), hardware, signal);
  return buildReport(model, shapes, hardware, { similar });
}

/** The prediction with the changes, beside the one without. */
export function reportOn({ revision, moving, opened, report, preset }: Trial): ReportData {
  return reportData(report, preset.hardware.id, {
    revision,
    batch: opened.batch,
    elementType: opened.elementType,
    moving,
    preset: { report: preset.report, batch: preset.opened.batch },
  });
}
