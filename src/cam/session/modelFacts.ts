import type { Model, TensorInfo } from '../../graph/graph';
import type { RuntimeTensors } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { pictureInput } from '../layers/target';
import type { KnownShapes } from './camPlan';
import { Openings } from './openings';
import { probeShapes } from './probeShapes';
import { checkRunnable } from './runnable';

/** What is found out about a model by running it, once for all its layers. */
export class ModelFacts {
  readonly runtime: Runtime;
  readonly #model: Model;
  readonly #shapes: KnownShapes;
  readonly #infos = new Openings<KnownShapes['infos']>(async () => undefined);
  readonly #milliseconds = new Openings<number>(async () => undefined);

  /** @throws one sentence where it is known already that the model cannot be run. */
  constructor(runtime: Runtime, model: Model, shapes: KnownShapes) {
    checkRunnable(model);
    this.runtime = runtime;
    this.#model = model;
    this.#shapes = shapes;
  }

  /** What inference knows, and what only a run answers. */
  infos(signal?: AbortSignal): Promise<ReadonlyMap<string, TensorInfo>> {
    const { infos } = this.#shapes;
    const probe = () => probeShapes(this.runtime, this.#model, infos, pictureInput(this.#model.graph, infos), signal);
    return this.#infos.get('', probe, signal);
  }

  /** Milliseconds of the unmodified model: its second run, since the first allocates. */
  plainForward(fed: RuntimeTensors, signal?: AbortSignal): Promise<number> {
    return this.#milliseconds.get('', () => this.#time(fed, signal), signal);
  }

  async #time(fed: RuntimeTensors, signal: AbortSignal | undefined): Promise<number> {
    const session = await this.runtime.load({ path: this.#model.path }, signal);
    try {
      await session.run(fed, undefined, signal);
      return (await session.run(fed, undefined, signal)).milliseconds;
    } finally {
      await session.release();
    }
  }
}
