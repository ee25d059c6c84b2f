import type { TruthObject } from '../judging/truthMasks';
import { boxOf } from './box';

/** Pascal VOC: pixels are counted from 1, and those at xmax and ymax belong to the box (VOC 2012 development kit, §2.6). */
export function fromVoc(text: string, name: string): readonly TruthObject[] {
  const number = (xml: string, tag: string): number => Number.parseFloat(element(xml, tag) ?? '');
  const size = element(text, 'size') ?? '';
  const [width, height] = [number(size, 'width'), number(size, 'height')];
  return [...text.matchAll(/<object>(.*?)<\/object>/gs)].map(([, object = '']) => {
    const whole = object.replace(/<part>.*?<\/part>/gs, '');
    const box = element(whole, 'bndbox') ?? '';
    const [left, top] = [number(box, 'xmin') - 1, number(box, 'ymin') - 1];
    const region = boxOf(
      left / width,
      top / height,
      (number(box, 'xmax') - left) / width,
      (number(box, 'ymax') - top) / height,
    );
    if (!region) throw new Error(`${name} is no Pascal VOC file: <size> and every <bndbox> need their numbers`);
    return { label: (element(whole, 'name') ?? '').trim(), region };
  });
}

function element(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(xml)?.[1];
}
