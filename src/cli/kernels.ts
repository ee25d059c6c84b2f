import { parseArgs } from 'node:util';
import { kernelNodes, kernelPage, readKernels } from '../cam/features/kernels';
import { shape as sizes } from '../display/format';
import { readModel } from '../formats/modelReader';
import type { Model } from '../graph/graph';
import { textTable } from '../latency/textTable';
import type { KernelPage } from '../protocol/mapPage';
import { type Command, emit, oneOf, onePositional, UsageError } from './command';
import { emitMaps, MAP_HELP, MAP_OPTIONS, mapOutput } from './mapOutput';

const TEXT = { type: 'string' } as const;

export const kernelsCommand: Command = {
  name: 'kernels',
  usage: 'kernels MODEL [--layer NODE|TENSOR] [--channel N] [--output grid.png|kernels.npy|norms.csv]',
  help: `Shows a convolution's kernels as a grid, strongest (L2 norm) first; without --layer and --output, which convolutions there are.
--layer NODE|TENSOR          name of the node, of its output or of its weights; default: the first convolution
--channel N                  only the kernels of this output channel
--channels rgb|bgr           order of the inputs of a first layer, for its colours; default rgb
${MAP_HELP}`,
  async run(args) {
    const options = { ...MAP_OPTIONS, layer: TEXT, channel: TEXT, channels: TEXT };
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const file = onePositional(positionals, 'model file');
    const how = await mapOutput(values);
    const output = channelOf(values.channel);
    const colors = oneOf('--channels', values.channels, ['rgb', 'bgr'], 'rgb');
    const model = await readModel(file);
    if (values.layer === undefined && values.output === undefined) {
      await emit(how.kind === 'json' ? JSON.stringify(kernelNodes(model), undefined, 1) : listed(model), undefined);
      return 0;
    }
    const kernels = await readKernels(model, values.layer);
    const page = kernelPage(kernels, { ...(output !== undefined && { output }), colors, count: how.top });
    await emitMaps(
      {
        page,
        title: titleOf(page),
        whole: { values: kernels.values, shape: [kernels.outputs, kernels.inputs, kernels.height, kernels.width] },
        header: ['kernel', 'L2 norm', 'min', 'max'],
        rows: page.strengths.map((strength, index) => [strength, ...(page.ranges[index] ?? [])]),
      },
      how,
    );
    return 0;
  },
};

function channelOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--channel ${text}: give the number of an output channel, from 0`);
}

const KINDS: Readonly<Record<KernelPage['kind'], string>> = {
  rgb: 'a colour picture per output',
  pairs: 'a picture per output and input',
  matrix: 'one pixel each: outputs down, inputs across',
};

function titleOf({ node, operator, tensor, shape, kind, total, labels }: KernelPage): string {
  const part = labels.length < total ? `, the strongest ${labels.length} of ${total}` : '';
  return `${operator} ${node}, weights ${tensor} (${sizes(shape)}): ${KINDS[kind]}${part}`;
}

function listed(model: Model): string {
  const nodes = kernelNodes(model);
  if (nodes.length === 0) return 'no convolution of this model has constant weights';
  const rows = nodes.map(({ label, operator, tensor, shape }) => [label, operator, tensor, sizes(shape)]);
  return textTable([['node', 'operator', 'weights', 'shape'], ...rows], [false, false, false, true]);
}
