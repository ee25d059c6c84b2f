import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { toMaps } from '../../src/cam/layers/nativeMaps';
import { tensorOf } from '../cam';
import { dot, numbers } from '../gradients';
import { readStored, relativeError, row } from '../npy';
import { type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, shared, sharedPath } from '../shared';
import { openTail } from '../tail';

/** Our 32-bit run from the picture on against the reference's. */
const END_TO_END = 1e-4;

describe('directional derivatives behind a layer, against the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });

  for (const network of NETWORKS) {
    const folder = sharedPath(`data/oracle/${network}`);
    const meta = folder ? (JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta) : undefined;
    for (const [layer, tensors] of Object.entries(meta?.onnx_tensors ?? {})) {
      it(`${network} ${layer}`, async function () {
        this.timeout(120_000);
        const file = (relative: string) => readStored(shared(`data/oracle/${network}/${relative}.npy`));
        for (const [image, { cases }] of Object.entries(meta?.images ?? {})) {
          const picture = tensorOf(file(`${image}/input`));
          const tail = await openTail(
            runtime(),
            shared(`data/oracle/${network}/model.onnx`),
            picture,
            tensors[0]?.name,
          );
          const { plan, tails, question } = tail;
          const { logits, layer: at } = plan;
          const maps = toMaps(question.shot.native, at);
          const directions = [numbers(maps.length, 1), maps, numbers(maps.length, 2)];
          const many = Float32Array.from(directions.flatMap((one) => [...one]));
          const tangents = await tails.push(logits.tensor, many, question, directions.length);
          assert.ok(tangents);
          for (const [key, { raw_methods, ill_conditioned }] of Object.entries(cases)) {
            const [caseLayer, classIndex = ''] = key.split('|');
            if (caseLayer !== layer) continue;
            const stored = file(`${image}/${layer}/grad_c${classIndex}`);
            const gradient = toMaps(tensorOf(stored), at);
            for (const [i, direction] of directions.entries()) {
              const slope = tangents[i * logits.classes + Number(classIndex)] ?? Number.NaN;
              const scale = Math.sqrt(dot(gradient, gradient) * dot(direction, direction));
              const error = Math.abs(slope - dot(gradient, direction)) / scale;
              assert.ok(error < END_TO_END, `${key} direction ${i}: ${slope}, stored ${dot(gradient, direction)}`);
            }
            const shapley = raw_methods.indexOf('shapleycam');
            if (shapley < 0 || ill_conditioned.includes('shapleycam')) continue;
            const seed = Float32Array.from({ length: logits.classes }, (_, c) => Number(c === Number(classIndex)));
            const second = await tails.hessianTimes(logits.tensor, seed, maps, question);
            const pixels = at.height * at.width;
            const map = new Float32Array(pixels);
            for (let k = 0; k < at.channels; k++) {
              let weight = 0;
              for (let p = k * pixels; p < (k + 1) * pixels; p++) {
                weight += ((gradient[p] ?? Number.NaN) - (second ? (second[p] ?? Number.NaN) : 0) / 2) / pixels;
              }
              for (let p = 0; p < pixels; p++) map[p] = (map[p] ?? 0) + weight * (maps[k * pixels + p] ?? Number.NaN);
            }
            const expected = row(file(`${image}/${layer}/raw_c${classIndex}`), shapley);
            const error = relativeError(map, expected);
            assert.ok(error < END_TO_END, `${image} ${key} Shapley-CAM differs by ${error}`);
          }
          await tail.release();
        }
      });
    }
  }
});
