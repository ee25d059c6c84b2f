import assert from 'node:assert/strict';
import { csv } from '../../src/latency/textTable';

describe('CSV', () => {
  it('quotes as RFC 4180 says, and leaves unknown numbers empty', () => {
    assert.equal(csv([['a,b', 'say "no"', 1.5, Number.NaN]]), '"a,b","say ""no""",1.5,\n');
  });

  it('writes no text that a spreadsheet runs as a formula; numbers stay numbers', () => {
    const texts = ['=cmd|calc', '+1', '-1', '@x', '\ttab', '\rreturn', 'a=b'];
    assert.equal(csv([texts]), "'=cmd|calc,'+1,'-1,'@x,'\ttab,\"'\rreturn\",a=b\n");
    assert.equal(csv([[-1, 2]]), '-1,2\n');
  });
});
