import type { CamChange, CamHost, CamResult, Picture } from '../../src/protocol/camPanel';
import type { Remote } from '../../src/protocol/rpc';
import type { PanelView } from './savedState';

/** Everything that is drawn. */
export interface Scene {
  readonly picture: Picture;
  readonly result: CamResult;
  readonly view: PanelView;
}

/** What the parts of the panel can ask for. */
export interface Actions {
  readonly host: Remote<CamHost>;
  /** Explains otherwise. */
  ask(change: CamChange): void;
  /** Draws otherwise. */
  change(view: Partial<PanelView>): void;
  /** Asks where to save a picture. */
  savePng(name: string, png: ArrayBuffer): void;
  /** Shows that something is on its way until it is there. */
  during<T>(message: string, request: Promise<T>): Promise<T>;
}
