import fs from 'node:fs/promises';
import type { FrameExplanation } from '../cam/explainSequence';
import { percent } from '../display/format';
import { textTable } from '../latency/textTable';
import type { CamRequest } from './camRequest';
import { emit, progress } from './command';
import { openExplainer } from './openExplainer';
import { withRuntime } from './runtime';

/** Explains the pictures of a folder, or the frames of an animation, and writes them under their heat maps as an animation. */
export async function animateImages(images: string, file: string, request: CamRequest): Promise<number> {
  // Loaded on first use: the native image library costs start-up.
  const { explainSequence, sequenceMaps } = await import('../cam/explainSequence');
  const { encodeAnimation } = await import('../image/animation');
  const { openSequence } = await import('../image/sequence');
  const { over, palette, opacity, blend } = request;
  const sequence = await openSequence(images);
  const { frames, size } = await withRuntime(async (runtime) => {
    progress('reading the model…');
    const explainer = await openExplainer(runtime, request);
    const question = {
      ...{ ...request.question, ...request.methods[0] },
      ...(request.class !== undefined && {
        classIndex: await explainer.classIndex(request.class, request.question.layer),
      }),
    };
    const tell = ({ index, name }: FrameExplanation, total: number) => progress(`${index + 1} of ${total}: ${name}`);
    return {
      frames: await explainSequence(explainer, sequence, question, tell),
      size: explainer.preprocessing.spec,
    };
  });
  const seen = (index: number) => frames[index]?.seen ?? { x: 0, y: 0, width: 0, height: 0 };
  const heat = { map: sequenceMaps(frames, over, size.width, size.height), seen, palette, opacity, blend };
  const format = file.toLowerCase().endsWith('.webp') ? 'webp' : 'gif';
  const bytes = await encodeAnimation(sequence, format, heat, (index) => progress(`drawing ${index + 1}…`));
  await fs.writeFile(file, bytes);
  progress('');
  await emit(request.format === 'json' ? JSON.stringify(toJson(frames), undefined, 1) : toTable(frames), undefined);
  return 0;
}

function toTable(frames: readonly FrameExplanation[]): string {
  const rows = frames.map(({ name, target, allZero }) => [
    ...[name, String(target?.index ?? '?'), target?.name ?? '', percent(target?.probability ?? Number.NaN)],
    allZero ? 'the map is empty' : '',
  ]);
  return textTable([['picture', 'class', 'label', 'probability', ''], ...rows], [false, true, false, true, false]);
}

function toJson(frames: readonly FrameExplanation[]): object {
  return frames.map(({ name, target, best, allZero }) => ({ name, target, best, allZero }));
}
