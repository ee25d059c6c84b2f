import type { FrameExplanation } from '../cam/explain/explainSequence';
import { percent } from '../display/format';
import { textTable } from '../latency/textTable';
import { errorMessage } from '../protocol/rpc';
import type { CamRequest } from './camRequest';
import { emit, progress, writeWhole } from './command';
import { warn } from './model';
import { openExplainer, questionFor } from './openExplainer';
import { withRuntime } from './runtime';

/** Explains the pictures of a folder, or the frames of an animation, and writes them under their heat maps as an animation. */
export async function animateImages(images: string, file: string, request: CamRequest): Promise<number> {
  // Loaded on first use: the native image library costs start-up.
  const { explainSequence, sequenceMaps } = await import('../cam/explain/explainSequence');
  const { encodeAnimation } = await import('../image/animation');
  const { openSequence, partOf } = await import('../image/sequence');
  const { over, palette, opacity, blend } = request;
  const sequence = await openSequence(images);
  const failures: string[] = [];
  const { frames, size } = await withRuntime(async (runtime) => {
    progress('reading the model…');
    const explainer = await openExplainer(runtime, request);
    const question = { ...(await questionFor(explainer, request)), ...request.methods[0] };
    const tell = ({ index, name }: FrameExplanation, total: number) => progress(`${index + 1} of ${total}: ${name}`);
    return {
      frames: await explainSequence(explainer, sequence, question, tell, undefined, (name, error) => {
        failures.push(`${name}: ${errorMessage(error)}`);
      }),
      size: explainer.preprocessing.spec,
    };
  });
  const seen = (index: number) => frames[index]?.seen ?? { x: 0, y: 0, width: 0, height: 0 };
  const heat = { map: sequenceMaps(frames, over, size.width, size.height), seen, palette, opacity, blend };
  const format = file.toLowerCase().endsWith('.webp') ? 'webp' : 'gif';
  const shown = partOf(
    sequence,
    frames.map(({ index }) => index),
  );
  const bytes = await encodeAnimation(shown, format, heat, (index) => progress(`drawing ${index + 1}…`));
  await writeWhole(file, bytes);
  progress('');
  warn(failures);
  await emit(request.format === 'json' ? JSON.stringify(toJson(frames), undefined, 1) : toTable(frames), undefined);
  return failures.length > 0 ? 1 : 0;
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
