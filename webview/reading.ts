/** Finding one's way in a graph: what leads to a node or away from it, paths, pins, graphs inside of nodes. */

import { counted } from '../src/display/format';
import type { GraphHost, GraphOpening } from '../src/protocol/graphPanel';
import type { Remote } from '../src/protocol/rpc';
import type { GraphPane } from './graphPane';
import type { GroupedModel } from './model/groupModel';
import type { Direction, Trail, TrailRequest } from './model/paths';
import { breadcrumbs } from './panes/breadcrumbs';
import type { ReadingKey } from './panes/nodeList';
import { pinList, pinOf, samePin } from './panes/pins';
import { ReadingBar } from './panes/readingBar';
import type { StateKeeper } from './stateKeeper';

export type TrailKind = Direction | 'path';

/** `path` leads to whatever is selected. */
interface Wanted {
  readonly kind: TrailKind;
  readonly node: number;
}

export interface ReadingEvents {
  located(node: number): void;
  /** What the details show of trails and pins has changed. */
  changed(): void;
  /** To a screen reader. */
  said(message: string): void;
  /** Another graph is to be shown, as soon as the host has it. */
  entered(opening: Promise<GraphOpening>): void;
}

export class Reading {
  readonly bar = new ReadingBar();
  private readonly host: Remote<GraphHost>;
  private readonly keeper: StateKeeper;
  private readonly graph: GraphPane;
  private readonly events: ReadingEvents;
  private model: GroupedModel | undefined;
  private wanted: Wanted | undefined;
  private selected: number | undefined;

  constructor(host: Remote<GraphHost>, keeper: StateKeeper, graph: GraphPane, events: ReadingEvents) {
    this.host = host;
    this.keeper = keeper;
    this.graph = graph;
    this.events = events;
  }

  /** Another scene. */
  show(model: GroupedModel, selected: number | undefined): void {
    const { inside, scene } = model.opening;
    this.model = model;
    this.selected = selected;
    this.end();
    const leave = (depth: number) => this.events.entered(this.host.leaveBody(depth));
    this.bar.setBreadcrumbs(inside.length > 0 ? breadcrumbs(scene.title, inside, leave) : undefined);
    this.showPins();
  }

  openBody(node: number, body: number): void {
    this.events.entered(this.host.openBody(node, body));
  }

  /** A letter was typed in the graph. */
  read(action: ReadingKey): void {
    const depth = this.model?.opening.inside.length ?? 0;
    if (action === 'out') {
      if (depth > 0) this.events.entered(this.host.leaveBody(depth - 1));
      else this.events.said('This is the model’s own graph.');
    } else if (this.selected === undefined) this.events.said('Select a node first.');
    else if (action === 'pin') this.togglePin(this.selected);
    else this.toggle(action, this.selected);
  }

  /** The same again ends it. */
  toggle(kind: TrailKind, node: number): void {
    const isOn = this.isOn(kind, node) || (kind === 'path' && this.wanted?.kind === 'path');
    this.want(isOn ? undefined : { kind, node });
  }

  isOn(kind: TrailKind, node: number): boolean {
    return this.wanted?.kind === kind && this.wanted.node === node;
  }

  /** A path from what is selected now to what is selected next. */
  join(): void {
    if (this.selected !== undefined && this.wanted?.kind !== 'path') this.want({ kind: 'path', node: this.selected });
  }

  select(node: number | undefined): void {
    this.selected = node;
    if (this.wanted?.kind === 'path' && node !== undefined) this.highlight();
  }

  /** Answers whether there was a highlight. */
  end(): boolean {
    const was = this.wanted !== undefined;
    this.want(undefined);
    return was;
  }

  isPinned(node: number): boolean {
    if (!this.model) return false;
    const pin = pinOf(this.model.scene, node);
    return this.keeper.state.pins.some((other) => samePin(other, pin));
  }

  togglePin(node: number): void {
    if (!this.model) return;
    const pin = pinOf(this.model.scene, node);
    const others = this.keeper.state.pins.filter((other) => !samePin(other, pin));
    this.keeper.set({ pins: this.isPinned(node) ? others : [...others, pin] });
    this.showPins();
    this.events.changed();
  }

  /** What is highlighted by now; undefined where nothing can be. */
  trailed(trail: Trail | undefined): void {
    this.bar.setTrail(this.wanted && this.trailText(this.wanted, trail), () => this.end());
  }

  private want(wanted: Wanted | undefined): void {
    const before = this.wanted;
    this.wanted = wanted;
    if (!before && !wanted) return;
    this.highlight();
    this.events.changed();
  }

  private highlight(): void {
    this.graph.trail = this.wanted && requestOf(this.wanted, this.selected);
  }

  private trailText({ kind, node }: Wanted, trail: Trail | undefined): string {
    const name = this.nameOf(node);
    if (kind === 'path') {
      if (this.selected === undefined || this.selected === node) return `Path from ${name}: select the other node`;
      const ends = `${name} and ${this.nameOf(this.selected)}`;
      if (!trail?.shortest) return `No path between ${ends}`;
      const steps = counted(trail.shortest.edges.size, 'step');
      return `Between ${ends}: shortest path ${steps}, ${counted(trail.nodes.size, 'node')} on any path`;
    }
    const others = counted((trail?.nodes.size ?? 1) - 1, 'node');
    return kind === 'up' ? `${others} upstream of ${name}` : `${others} downstream of ${name}`;
  }

  private nameOf(node: number): string {
    return this.model?.scene.names[node] ?? '?';
  }

  private showPins(): void {
    if (!this.model) return;
    const list = pinList(this.model.scene, this.keeper.state.pins, {
      chosen: (node) => this.events.located(node),
      removed: (pin) => {
        this.keeper.set({ pins: this.keeper.state.pins.filter((other) => !samePin(other, pin)) });
        this.showPins();
        this.events.changed();
      },
    });
    this.bar.setPins(list);
  }
}

function requestOf({ kind, node }: Wanted, selected: number | undefined): TrailRequest {
  return kind === 'path' ? { kind, from: node, to: selected ?? node } : { kind, node };
}
