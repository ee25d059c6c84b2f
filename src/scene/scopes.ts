import type { Node } from '../graph/graph';

/** A module around a node, outermost first. */
export interface Scope {
  /** Tells it from its siblings. */
  readonly key: string;
  /** Its own part of the name. */
  readonly label: string;
  /** What it is an instance of, e.g. `BasicBlock`; '' where the exporter does not say. */
  readonly kind: string;
}

/** A longer text is no list of modules. */
const LONGEST = 4000;

/**
 * The modules around a node, as its exporter wrote them down: torch.onnx's metadata (`pkg.torch.onnx.name_scopes` and
 * `pkg.torch.onnx.class_hierarchy`, or `namespace`), else the parts of a name with slashes, else of its output's.
 */
export function scopesOf(node: Node): readonly Scope[] {
  const text = (key: string) => sensible(node.metadata?.get(key) ?? '');
  const scopes = text('pkg.torch.onnx.name_scopes');
  if (scopes !== '') return fromLists(listOf(scopes), listOf(text('pkg.torch.onnx.class_hierarchy')));
  const namespace = text('namespace');
  if (namespace !== '') return fromNamespace(namespace);
  const named = fromName(sensible(node.name));
  return named.length > 0 ? named : fromName(sensible(node.outputs.find((output) => output !== '') ?? ''));
}

function sensible(text: string): string {
  return text.length > LONGEST ? '' : text;
}

/** Strings of a Python list as it is printed. */
function listOf(text: string): readonly string[] {
  return [...text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)].map(
    ([, single, double]) => single ?? double ?? '',
  );
}

/** The first entry is the model itself, the last the node. */
function fromLists(scopes: readonly string[], classes: readonly string[]): readonly Scope[] {
  return scopes.slice(0, -1).flatMap((scope, depth): Scope[] => {
    if (scope === '') return [];
    return [{ key: scope, label: lastPart(scope), kind: className(classes[depth] ?? '') }];
  });
}

/** `model: package.Class/layer1: torch.nn.Sequential/…/conv2d: aten.conv2d.default`. */
function fromNamespace(namespace: string): readonly Scope[] {
  return namespace
    .split('/')
    .slice(0, -1)
    .flatMap((part): Scope[] => {
      const [key = '', kind = ''] = part.split(': ');
      return key === '' ? [] : [{ key, label: lastPart(key), kind: className(kind) }];
    });
}

/** `/layer1/layer1.0/conv1/Conv`: the last part is the node's own. */
function fromName(name: string): readonly Scope[] {
  const parts = name.split('/').filter((part) => part !== '');
  return parts.slice(0, -1).map((key) => ({ key, label: lastPart(key), kind: '' }));
}

/** torch repeats the path of a module in its name, `layer1.0.conv1`; numbers alone say too little: `layer1.0`. */
function lastPart(scope: string): string {
  return /[^.]+(\.\d+)*$/.exec(scope)?.[0] ?? scope;
}

function className(kind: string): string {
  return kind.split('.').at(-1) ?? '';
}
