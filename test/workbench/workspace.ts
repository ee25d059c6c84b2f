/** The workspace that the tests open: the sample, and files that no sample would ship. */
import fs from 'node:fs';
import path from 'node:path';
import { root, sharedPath } from '../shared';
import { chain, tinyModel } from './models';

/** A model of the sample, at the top of the workspace. */
export const MODEL = 'shapes-resnet8.onnx';
/** A copy of it that a test overwrites. */
export const EXPORTED = 'exported.onnx';
export const UPPER_CASE = 'UPPER.ONNX';
export const HARDWARE = 'tiny-npu.evohw.json';
/** An array whose register file a test makes too small. */
export const NO_TILE = 'no-tile.evohw.json';

/** A picture of the sample with two objects. */
export const PICTURE = '12_star_square.png';
export const OBJECTS = ['star', 'square'] as const;
/** The pictures of the sample, in a folder of the workspace. */
export const PICTURES = 'images';
/** An animation of two of them. */
export const ANIMATION = 'moving.gif';
/** White where the object is. */
export const maskOf = (object: (typeof OBJECTS)[number]): string => `masks/12_star_square.mask-${object}.png`;

export const TRUNCATED = 'truncated.onnx';
export const GARBAGE = 'garbage.onnx';
/** A file of another kind with a model's ending. */
export const NOTES = 'notes.onnx';
/** Its second node is of an operator that there is not. */
export const UNKNOWN = 'unknown.onnx';
/** Models of 20,000 nodes. */
export const LARGE = ['large-a.onnx', 'large-b.onnx'] as const;
export const LARGE_NODES = 20_000;
export const HOSTILE = 'hostile.onnx';
/** Its only node's name. */
export const HOSTILE_NAME = `</script><img src=x onerror="document.title='owned'">`;

/** Folder of what comes from the shared data; empty without it. It is apart because the sample's labels lie at the top. */
export const IMAGENET = 'imagenet';
export const SQUEEZENET = 'squeezenet1.1_fp32.onnx';
export const MOBILENET = 'mobilenet_v2_fp16weights.onnx';
const CLASS_NAMES = 'imagenet_synset_words.txt';
export const DOG = 'samoyed.png';
/** A segmenter of three classes and the background, ours. */
export const SEGMENTER = 'unet_tiny.onnx';

const SMALL_ARRAY = {
  ...{ name: 'No tile', engine: 'spatial', guess: true, frequency: 200e6, mem_bandwidth: 1e9 },
  ...{ rows: 8, cols: 8, register_file: 64, global_buffer: 65536 },
};

export function makeWorkspace(directory: string): void {
  const put = (name: string, content: string | Uint8Array) => fs.writeFileSync(path.join(directory, name), content);
  fs.cpSync(path.join(root, 'sample'), directory, { recursive: true, dereference: true });
  const model = fs.readFileSync(path.join(directory, MODEL));
  put(EXPORTED, model);
  put(UPPER_CASE, model);
  put(TRUNCATED, model.subarray(0, Math.floor(model.length * 0.6)));
  put(GARBAGE, Buffer.alloc(4096, 0xff));
  put(NOTES, 'Not a model, but words.\n');
  put(UNKNOWN, chain(['Relu', 'Frobnicate', 'Relu']));
  const large = chain(Array.from({ length: LARGE_NODES }, () => 'Relu'));
  for (const name of LARGE) put(name, large);
  put(HOSTILE, tinyModel(HOSTILE_NAME));
  put(NO_TILE, JSON.stringify(SMALL_ARRAY, undefined, 2));
  fs.mkdirSync(path.join(directory, IMAGENET));
  for (const file of [`models/${SQUEEZENET}`, `models/${MOBILENET}`, `models/${CLASS_NAMES}`, `images/${DOG}`]) {
    const from = sharedPath(`data/${file}`);
    if (from) fs.copyFileSync(from, path.join(directory, IMAGENET, path.basename(file)));
  }
  const segmenter = sharedPath('data/oracle/unet_tiny/model.onnx');
  if (segmenter) fs.copyFileSync(segmenter, path.join(directory, IMAGENET, SEGMENTER));
}
