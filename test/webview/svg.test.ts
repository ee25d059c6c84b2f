import assert from 'node:assert/strict';
import { SvgInk } from '../../webview/draw/svg';

/** Measures as if every letter were half as wide as high; all else fails. */
const ruler = {
  font: '10px serif',
  measureText(this: { readonly font: string }, text: string) {
    return { width: (text.length * Number(/([\d.]+)px/.exec(this.font)?.[1])) / 2 };
  },
} as unknown as CanvasRenderingContext2D;

function drawn(draw: (ink: SvgInk) => void): string {
  const ink = new SvgInk(ruler);
  draw(ink);
  return ink.file(100, 50);
}

describe('svg', () => {
  it('writes a file with its size', () => {
    assert.equal(
      drawn(() => {}),
      '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50" viewBox="0 0 100 50">\n</svg>\n',
    );
  });

  it('keeps texts texts: whatever a name holds, it is no markup', () => {
    const file = drawn((ink) => {
      ink.font = '600 12px "A", sans-serif';
      ink.textAlign = 'right';
      ink.fillStyle = 'rgb(1 2 3 / 0.5)';
      ink.fillText('<script>&"\u0001', 10, 20);
    });
    assert.match(file, /font-size="12" font-weight="600" text-anchor="end" fill="rgb\(1,2,3\)" fill-opacity="0.5"/);
    assert.match(file, />&#60;script&#62;&#38;&#34;\ufffd<\/text>/);
    assert.doesNotMatch(file, /<script/);
  });

  it('transforms as a canvas does, and restores', () => {
    const file = drawn((ink) => {
      ink.save();
      ink.translate(10, 5);
      ink.rotate(Math.PI / 2);
      ink.fillRect(1, 2, 3, 4);
      ink.restore();
      ink.fillRect(1, 2, 3, 4);
    });
    const [first = '', second = ''] = file.match(/<rect.*>/g) ?? [];
    const [a, b, c, d, e, f] = (/matrix\((.*)\)/.exec(first)?.[1] ?? '').split(' ').map(Number);
    assert.deepEqual([b, c, e, f], [1, -1, 10, 5]);
    assert.ok(Math.abs(a ?? 1) < 1e-9 && Math.abs(d ?? 1) < 1e-9);
    assert.doesNotMatch(second, /transform/);
  });

  it('clips what is drawn after, until restored', () => {
    const file = drawn((ink) => {
      ink.save();
      ink.beginPath();
      ink.rect(0, 0, 10, 10);
      ink.clip();
      ink.fillRect(0, 0, 50, 50);
      ink.restore();
      ink.fillRect(0, 0, 5, 5);
    });
    assert.match(file, /<clipPath id="clip1"><path d="M0 0h10v10h-10Z"\/><\/clipPath>/);
    assert.match(file, /<g clip-path="url\(#clip1\)"><rect .* width="50"/);
    assert.match(file, /^<rect .* width="5"/m);
  });

  it('draws round corners that end where they began', () => {
    const file = drawn((ink) => {
      ink.beginPath();
      ink.roundRect(10, 10, 40, 20, [5, 5, 0, 0]);
      ink.fill();
    });
    const path = /d="([^"]*)"/.exec(file)?.[1] ?? '';
    assert.equal(path, 'M15 10h30a5 5 0 0 1 5 5v15a0 0 0 0 1 0 0h-40a0 0 0 0 1 0 0v-15a5 5 0 0 1 5 -5Z');
  });
});
