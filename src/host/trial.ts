import type { Model } from '../graph/graph';
import type { Hardware } from '../hardware/hardware';
import { buildReport, type LatencyReport } from '../latency/report';
import type { InferredShapes } from '../operators/inferShapes';
import { BATCH_KNOB, type Changes, type ReportData } from '../protocol/graphPanel';
import { reportData } from '../scene/reportData';
import type { Scene } from '../scene/scene';
import { changedHardware } from '../scene/whatIf';
import type { HardwareInUse } from './hardwareInUse';

/** A model and what follows from it at a batch. */
export interface Opened {
  readonly model: Model;
  readonly shapes: InferredShapes;
  readonly scene: Scene;
  readonly batch: number;
}

/** What is tried out: values instead of the preset's, and what follows from them. */
export interface Trial {
  readonly changes: Changes;
  readonly hardware: Hardware;
  readonly opened: Opened;
  readonly preset: Preset;
}

/** Before anything was changed: the hardware as its file has it. */
interface Preset {
  readonly opened: Opened;
  readonly hardware: HardwareInUse;
  readonly report: LatencyReport;
}

/** Keeps the last trial: a slider that has come to rest asks for it again. */
export class Trials {
  readonly #build: (batch: number) => Promise<Opened>;
  #last: Trial | undefined;

  constructor(build: (batch: number) => Promise<Opened>) {
    this.#build = build;
  }

  /** The same objects as long as nothing is different, which keeps costs known. Throws on what is not possible. */
  async of(opened: Opened, inUse: HardwareInUse, changes: Changes): Promise<Trial> {
    const last = this.#last;
    const same = last?.preset.opened === opened && last.preset.hardware.value === inUse.value ? last : undefined;
    if (same && JSON.stringify(same.changes) === JSON.stringify(changes)) return same;
    const hardware = changedHardware(inUse.value, changes);
    const batch = Number(changes[BATCH_KNOB] ?? opened.batch);
    const known = [opened, same?.opened].find((one) => one?.batch === batch);
    const trial = {
      changes,
      hardware,
      opened: known ?? (await this.#build(batch)),
      preset: same?.preset ?? presetOf(opened, inUse),
    };
    this.#last = trial;
    return trial;
  }
}

function presetOf(opened: Opened, hardware: HardwareInUse): Preset {
  return { opened, hardware, report: buildReport(opened.model, opened.shapes, hardware.value) };
}

/** The prediction with the changes, beside the one without. */
export function reportOn({ opened, hardware, preset }: Trial, advise = true): ReportData {
  const { batch, model, shapes } = opened;
  const unchanged = opened === preset.opened && hardware === preset.hardware.value;
  const report = unchanged ? preset.report : buildReport(model, shapes, hardware);
  return reportData(report, preset.hardware.id, {
    batch,
    advise,
    preset: { report: preset.report, batch: preset.opened.batch },
  });
}
