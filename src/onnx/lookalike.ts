/** What files that are taken for ONNX models begin with: at `at`, the bytes of `start` (latin-1). */
const SIGNATURES: readonly { readonly at: number; readonly start: string; readonly what: string }[] = [
  {
    at: 0,
    start: 'version https://git-lfs',
    what: 'a Git LFS pointer (run "git lfs pull" to fetch the file it stands for)',
  },
  {
    at: 0,
    start: 'PK\x03\x04',
    what: 'a zip archive, perhaps a PyTorch checkpoint (export it with torch.onnx.export)',
  },
  {
    at: 0,
    start: '\x80\x02',
    what: 'a Python pickle, perhaps a PyTorch checkpoint (export it with torch.onnx.export)',
  },
  { at: 4, start: 'ORTM', what: 'an onnxruntime .ort file (open the .onnx file it was made from)' },
  { at: 4, start: 'TFL3', what: 'a TensorFlow Lite model (convert it with tf2onnx)' },
  { at: 0, start: '\x89HDF', what: 'an HDF5 file, perhaps a Keras model (convert it with tf2onnx)' },
  { at: 8, start: '{"', what: 'a safetensors file (weights without a network; export the model to ONNX)' },
  { at: 0, start: 'GGUF', what: 'a GGUF file (weights for llama.cpp)' },
  { at: 0, start: '\x1f\x8b', what: 'a gzip archive (unpack it first)' },
  { at: 0, start: '\x89PNG', what: 'a PNG image' },
  { at: 0, start: '\xff\xd8\xff', what: 'a JPEG image' },
  { at: 0, start: '%PDF', what: 'a PDF document' },
];

const TEXTS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /^\s*<(!doctype|html|\?xml)/i, what: 'a web page (the download went wrong; fetch the raw file)' },
  {
    pattern: /^\s*(<\s*)?(ir_version|opset_import|producer_name)\s*:/,
    what: 'ONNX in its text form (save it as binary)',
  },
  { pattern: /^\s*[{[]/, what: 'a JSON file' },
];

/** What a file is that could not be read as a model, by its first bytes; undefined when they say nothing. */
export function describeLookalike(head: Uint8Array): string | undefined {
  if (head.length === 0) return 'empty';
  const latin = Buffer.from(head).toString('latin1');
  const signature = SIGNATURES.find(({ at, start }) => latin.startsWith(start, at));
  if (signature) return signature.what;
  if (head.every((byte) => byte === 0)) return 'a file of zeros (an unfinished download)';
  if (!isText(head)) return undefined;
  return TEXTS.find(({ pattern }) => pattern.test(latin))?.what ?? 'a text file';
}

/** UTF-8 without control characters; the last character may be cut off. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20))) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
