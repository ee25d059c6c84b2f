import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Attribute, LocalFunction, Model } from '../graph/graph';
import { functionKey } from '../graph/graph';
import { ModelFormatError } from '../graph/modelFormatError';
import { readAttribute } from './attributeProto';
import { Cursor } from './cursor';
import { readEntry } from './entries';
import { ExternalData } from './externalData';
import { emptyGraph, normalizeDomain, readGraphProto, readNode } from './graphProto';
import { describeLookalike } from './lookalike';
import type { ReadContext } from './tensorProto';
import { readValueInfo } from './typeProto';

/**
 * Reads an ONNX file's structure; weights stay on disk. Throws a ModelFormatError with the byte offset where the file
 * is damaged or no ONNX model, and the signal's reason when aborted.
 */
export async function readOnnx(file: string, signal?: AbortSignal): Promise<Model> {
  const handle = await fs.promises.open(file);
  try {
    const { size } = await handle.stat();
    const cursor = new Cursor(handle.fd, size);
    const context: ReadContext = { cursor, path: file, external: new ExternalData(file), weightBytes: 0 };
    try {
      return await inSlices(readModelProto(context), signal);
    } catch (error) {
      throw error instanceof ModelFormatError ? explain(error, file, cursor, size) : error;
    }
  } finally {
    await handle.close();
  }
}

/** Runs a generator to its end, with room for others (and for the signal) at every yield. */
async function inSlices<T>(steps: Generator<void, T>, signal: AbortSignal | undefined): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const step = steps.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}

function explain(error: ModelFormatError, file: string, cursor: Cursor, size: number): ModelFormatError {
  const name = path.basename(file);
  const lookalike = describeLookalike(cursor.bytesAt({ offset: 0, length: Math.min(size, 512) }));
  return lookalike
    ? new ModelFormatError(`${name} is ${lookalike}, not an ONNX model (at byte 0).`, 0)
    : new ModelFormatError(
        `${name} cannot be read as ONNX (${error.message}): download or export it again.`,
        error.offset,
      );
}

function* readModelProto(context: ReadContext): Generator<void, Model> {
  const { cursor } = context;
  const graph = emptyGraph();
  const opsets = new Map<string, number>();
  const functions = new Map<string, LocalFunction>();
  const metadata = new Map<string, string>();
  let irVersion = 0;
  let producer = '';
  let producerVersion = '';
  let hasGraph = false;
  while (cursor.next()) {
    switch (cursor.field) {
      case 1:
        irVersion = cursor.int64();
        break;
      case 2:
        producer = cursor.text();
        break;
      case 3:
        producerVersion = cursor.text();
        break;
      case 7:
        hasGraph = true;
        yield* readGraphProto(context, graph);
        break;
      case 8:
        readOpset(cursor, opsets);
        break;
      case 14:
        readEntry(cursor, metadata);
        break;
      case 25: {
        const [key, localFunction] = readFunction(context);
        functions.set(key, localFunction);
        break;
      }
      default:
        cursor.skip();
    }
  }
  if (!hasGraph) cursor.fail('there is no graph', 0);
  // Files of IR versions 1 and 2 import no operator set: they use the first.
  if (opsets.size === 0) opsets.set('', 1);
  return {
    path: context.path,
    format: 'ONNX',
    irVersion,
    producer: `${producer} ${producerVersion}`.trim(),
    opsets,
    graph,
    functions,
    metadata,
    weightBytes: context.weightBytes,
  };
}

/** Adds an OperatorSetIdProto. */
function readOpset(cursor: Cursor, into: Map<string, number>): void {
  let domain = '';
  let version = 0;
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field === 1) domain = normalizeDomain(cursor.text());
    else if (cursor.field === 2) version = cursor.int64();
    else cursor.skip();
  }
  into.set(domain, version);
}

/** Reads a FunctionProto. */
function readFunction(context: ReadContext): [key: string, localFunction: LocalFunction] {
  const { cursor } = context;
  const body = emptyGraph();
  const attributes: string[] = [];
  const defaults = new Map<string, Attribute>();
  const opsets = new Map<string, number>();
  let domain = '';
  let overload = '';
  cursor.enter();
  while (cursor.next()) {
    switch (cursor.field) {
      case 1:
        body.name = cursor.text();
        break;
      case 4:
        body.inputs.push({ name: cursor.text() });
        break;
      case 5:
        body.outputs.push({ name: cursor.text() });
        break;
      case 6:
        attributes.push(cursor.text());
        break;
      case 7:
        body.nodes.push(readNode(context, body.nodes.length));
        break;
      case 8:
        body.doc = cursor.text();
        break;
      case 9:
        readOpset(cursor, opsets);
        break;
      case 10:
        domain = normalizeDomain(cursor.text());
        break;
      case 11: {
        const [name, attribute] = readAttribute(context);
        attributes.push(name);
        defaults.set(name, attribute);
        break;
      }
      case 12: {
        const { name, ...info } = readValueInfo(cursor);
        body.declared.set(name, info);
        break;
      }
      case 13:
        overload = cursor.text();
        break;
      default:
        cursor.skip();
    }
  }
  const { name } = body;
  return [functionKey(domain, name, overload), { name, domain, overload, attributes, defaults, body, opsets }];
}
