import { readOnnx } from '../onnx/reader';
import type { ModelReader } from './modelReader';

/** ModelProto's first field, ir_version (a varint), is what every writer puts first. */
const IR_VERSION_TAG = 0x08;

export const onnx: ModelReader = {
  name: 'ONNX',
  extensions: ['.onnx'],
  match: (head, path) => /\.onnx$/i.test(path) || (head[0] === IR_VERSION_TAG && (head[1] ?? 255) < 32),
  read: readOnnx,
};
