/** The workspace that the tests open: the sample, and files that no sample would ship. */
import fs from 'node:fs';
import path from 'node:path';
import { root, sharedPath } from '../shared';
import { tinyModel } from './models';

/** A model of the sample, at the top of the workspace. */
export const MODEL = 'shapes-resnet8.onnx';
/** A copy of it that a test overwrites. */
export const EXPORTED = 'exported.onnx';
export const UPPER_CASE = 'UPPER.ONNX';
export const HARDWARE = 'tiny-npu.evohw.json';

/** A picture of the sample with two objects. */
export const PICTURE = '12_star_square.png';
export const OBJECTS = ['star', 'square'] as const;
/** White where the object is. */
export const maskOf = (object: (typeof OBJECTS)[number]): string => `masks/12_star_square.mask-${object}.png`;

export const TRUNCATED = 'truncated.onnx';
export const GARBAGE = 'garbage.onnx';
export const HOSTILE = 'hostile.onnx';
/** Its only node's name. */
export const HOSTILE_NAME = `</script><img src=x onerror="document.title='owned'">`;

/** Folder of what comes from the shared data; empty without it. It is apart because the sample's labels lie at the top. */
export const IMAGENET = 'imagenet';
export const SQUEEZENET = 'squeezenet1.1_fp32.onnx';
export const MOBILENET = 'mobilenet_v2_fp16weights.onnx';
const CLASS_NAMES = 'imagenet_synset_words.txt';
export const DOG = 'samoyed.png';

export function makeWorkspace(directory: string): void {
  const put = (name: string, content: string | Uint8Array) => fs.writeFileSync(path.join(directory, name), content);
  fs.cpSync(path.join(root, 'sample'), directory, { recursive: true, dereference: true });
  const model = fs.readFileSync(path.join(directory, MODEL));
  put(EXPORTED, model);
  put(UPPER_CASE, model);
  put(TRUNCATED, model.subarray(0, Math.floor(model.length * 0.6)));
  put(GARBAGE, Buffer.alloc(4096, 0xff));
  put(HOSTILE, tinyModel(HOSTILE_NAME));
  fs.mkdirSync(path.join(directory, IMAGENET));
  for (const file of [`models/${SQUEEZENET}`, `models/${MOBILENET}`, `models/${CLASS_NAMES}`, `images/${DOG}`]) {
    const from = sharedPath(`data/${file}`);
    if (from) fs.copyFileSync(from, path.join(directory, IMAGENET, path.basename(file)));
  }
}
