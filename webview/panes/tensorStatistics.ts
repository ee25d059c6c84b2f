/** The elements of a constant: read when they are looked at, large ones only when they are asked for. */
import { bytes, count, percent, significant, whole } from '../../src/display/format';
import type { TensorDetails, TensorStatistics } from '../../src/protocol/graphPanel';
import { errorMessage } from '../../src/protocol/rpc';
import { h } from '../dom';
import { button } from '../toolkit';
import { type Fact, factList } from './facts';
import { histogram } from './histogram';

/** Up to so many bytes are read without being asked for. */
const UNASKED_BYTES = 16 * 2 ** 20;

export interface TensorSource {
  statistics(tensor: string): Promise<TensorStatistics>;
  /** Ends what is being read. */
  stop(): void;
  save(tensor: string): void;
}

/** A question that is not answered yet; each of them is an object of its own. */
interface Asked {
  readonly asked: true;
}

type State = Asked | TensorStatistics | { readonly problem: string };

export class StatisticsPanes {
  private readonly source: TensorSource;
  private readonly states = new Map<string, State>();
  private readonly shown = new Map<string, HTMLElement>();

  constructor(source: TensorSource) {
    this.source = source;
  }

  /** Another node is looked at: what is still being read for the one before is wanted no more. */
  leave(): void {
    this.shown.clear();
    const asked = [...this.states].filter(([, state]) => 'asked' in state);
    for (const [name] of asked) this.states.delete(name);
    if (asked.length > 0) this.source.stop();
  }

  /** Another model: nothing of what was read holds. */
  forget(): void {
    this.leave();
    this.states.clear();
  }

  /** Of a constant that can be read; the same element as long as its node is looked at. */
  element(tensor: TensorDetails): HTMLElement {
    const known = this.shown.get(tensor.name);
    if (known) return known;
    const element = h('div', { class: 'statistics' });
    this.shown.set(tensor.name, element);
    if (!this.states.has(tensor.name) && tensor.bytes <= UNASKED_BYTES) this.ask(tensor);
    else this.render(tensor);
    return element;
  }

  private ask(tensor: TensorDetails): void {
    const asked: Asked = { asked: true };
    const put = (state: State) => {
      // Left, and perhaps asked again, in the meantime.
      if (this.states.get(tensor.name) !== asked) return;
      this.states.set(tensor.name, state);
      this.render(tensor);
    };
    this.states.set(tensor.name, asked);
    this.render(tensor);
    this.source.statistics(tensor.name).then(put, (error: unknown) => put({ problem: errorMessage(error) }));
  }

  private render(tensor: TensorDetails): void {
    const state = this.states.get(tensor.name);
    const save = button('Save as NumPy file …', () => this.source.save(tensor.name));
    this.shown.get(tensor.name)?.replaceChildren(...this.content(tensor, state), save);
  }

  private content(tensor: TensorDetails, state: State | undefined): HTMLElement[] {
    if (state === undefined) return [button(`Statistics: read ${amount(tensor)}`, () => this.ask(tensor), 'primary')];
    if ('asked' in state) {
      const stop = button('Stop', () => {
        this.states.delete(tensor.name);
        this.source.stop();
        this.render(tensor);
      });
      return [h('p', { class: 'dim', role: 'status' }, `Reading ${amount(tensor)} …`), stop];
    }
    if ('problem' in state) return [h('p', { class: 'dim', role: 'alert' }, state.problem)];
    const facts = factList(statisticsFacts(state));
    return state.histogram.counts.length > 1 ? [facts, histogram(state)] : [facts];
  }
}

/** What has to be read. */
function amount({ bytes: size, constant }: TensorDetails): string {
  return constant?.sampled ? `a sample of ${bytes(size)}` : bytes(size);
}

export function statisticsFacts(statistics: TensorStatistics): readonly Fact[] {
  const { elements, sampled, minimum, maximum, mean, deviation, zeros, nans, infinities } = statistics;
  const part = (label: string, number: number): readonly Fact[] =>
    number === 0 ? [] : [[label, `${whole(number)} (${percent(number / sampled)})`]];
  const looked = sampled < elements ? [['Sample', `${count(sampled)} of ${count(elements)} elements`] as const] : [];
  return [
    ...looked,
    ['Range', `${written(minimum)} … ${written(maximum)}`],
    ['Mean', `${written(mean)}, standard deviation ${written(deviation)}`],
    ['Zeros', `${percent(zeros / sampled)}${zeros === 0 ? '' : `, ${whole(zeros)} of ${whole(sampled)}`}`],
    ...part('Not a number', nans),
    ...part('Infinite', infinities),
  ];
}

/** Very small numbers keep their digits. */
function written(value: number): string {
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return small ? value.toExponential(3) : significant(value, 5);
}
