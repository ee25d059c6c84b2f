import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { connect, type Port, type RpcMessage } from '../../src/protocol/rpc';

interface Left {
  double(x: number): number;
  fail(): void;
  never(): Promise<void>;
  callBack(text: string): Promise<string>;
}
interface Right {
  greet(name: string): string;
}

/** Two ports joined by a wire that copies messages, as processes do. */
function wire(): readonly [Port, Port] {
  const ends = [new EventEmitter(), new EventEmitter()] as const;
  const port = (own: EventEmitter, other: EventEmitter): Port => ({
    send: (message) => {
      const copy: unknown = structuredClone(message);
      setImmediate(() => other.emit('message', copy));
    },
    receive: (listener) => own.on('message', (message: RpcMessage) => listener(message)),
  });
  return [port(ends[0], ends[1]), port(ends[1], ends[0])];
}

describe('rpc', () => {
  const join = () => {
    const [leftPort, rightPort] = wire();
    const right = connect<Left>(rightPort, { greet: (name: string) => `hello ${name}` });
    const left = connect<Right>(leftPort, {
      double: (x: number) => 2 * x,
      fail: () => {
        throw new Error('it did not work');
      },
      never: () => new Promise(() => undefined),
      callBack: async (text: string) => `${await left.remote.greet(text)}!`,
    });
    return { left, right };
  };

  it('answers calls in both directions, also from inside a call', async () => {
    const { left, right } = join();
    assert.equal(await right.remote.double(21), 42);
    assert.equal(await left.remote.greet('you'), 'hello you');
    assert.equal(await right.remote.callBack('there'), 'hello there!');
  });

  it('keeps concurrent calls apart', async () => {
    const { right } = join();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => right.remote.double(i)));
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, i) => 2 * i),
    );
  });

  it('carries an error to the caller', async () => {
    await assert.rejects(join().right.remote.fail(), /^Error: it did not work$/);
  });

  it('names a method that does not exist', async () => {
    const { right } = join();
    const remote = right.remote as unknown as { missing(): Promise<void> };
    await assert.rejects(remote.missing(), /no method 'missing'/);
  });

  it('rejects a call whose argument cannot be copied', async () => {
    const { right } = join();
    const remote = right.remote as unknown as { double(x: unknown): Promise<number> };
    await assert.rejects(
      remote.double(() => 1),
      /could not be cloned/,
    );
  });

  it('rejects what is under way when it is closed, and what comes later', async () => {
    const { right } = join();
    const underWay = right.remote.never();
    right.close('gone');
    await assert.rejects(underWay, /^Error: gone$/);
    await assert.rejects(right.remote.double(1), /^Error: gone$/);
  });

  it('ignores messages that are not its own', async () => {
    const [leftPort, rightPort] = wire();
    connect<object>(leftPort, { double: (x: number) => 2 * x });
    const right = connect<Left>(rightPort, {});
    rightPort.send({ type: 'other' } as unknown as RpcMessage);
    assert.equal(await right.remote.double(2), 4);
  });
});
