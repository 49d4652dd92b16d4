import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../test/support/until.ts';
import { type Connection, Reopening } from './reopening.ts';

class Fake implements Connection {
  readonly #ended = Promise.withResolvers<string | null>();
  closed = false;

  get ended(): Promise<string | null> {
    return this.#ended.promise;
  }

  fail(reason: string): void {
    this.#ended.resolve(reason);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#ended.resolve(null);
  }
}

/** A connection that is opened again as often as it ends; `fails` of its openings after the first fail. */
async function keepOpen(fails = 0) {
  const opened: Fake[] = [];
  const reopened: Fake[] = [];
  const log: string[] = [];
  let attempts = 0;
  const open = async () => {
    attempts += 1;
    if (attempts > 1 && attempts <= 1 + fails) throw new Error(`no ${attempts}`);
    const one = new Fake();
    opened.push(one);
    return one;
  };
  const reopening = await Reopening.open({
    ...{ name: 'the peer', open, pauseFirst: 1, pauseLongest: 4 },
    reopened: (one) => reopened.push(one),
    log: (level, text) => log.push(`${level} ${text}`),
  });
  onTestFinished(() => reopening.close());
  return { reopening, opened, reopened, log, attempts: () => attempts };
}

describe('a connection that ends unexpectedly', () => {
  it('is opened again until that succeeds, and health reports why it is away', async () => {
    const { reopening, opened, reopened, log, attempts } = await keepOpen(50);
    expect(reopening.health()).toEqual({ available: true });
    opened[0]?.fail('it was cut');
    await until('it is away', () => !reopening.health().available);
    expect(reopening.current).toBe(null);
    await until('it was tried in vain', () => attempts() > 2);
    expect(reopening.health()).toEqual({
      available: false,
      reason: expect.stringMatching(/^the peer cannot be opened: no \d+$/),
    });
    await until('it is there again', () => reopening.health().available);
    expect(attempts()).toBe(52);
    expect(reopening.current).toBe(opened[1]);
    expect(reopened).toEqual([opened[1]]);
    expect(log).toEqual([
      'warn the peer ended unexpectedly: it was cut; it is opened again',
      'info the peer is there again',
    ]);
  });

  it('is not opened again once it was closed', async () => {
    const { reopening, opened, attempts } = await keepOpen();
    await reopening.close();
    expect(opened[0]?.closed).toBe(true);
    expect(reopening.health()).toEqual({ available: false, reason: 'it has been closed' });
    expect(attempts()).toBe(1);
  });

  it('and is being opened while it is closed is closed too', async () => {
    const first = new Fake();
    const second = new Fake();
    const opening = Promise.withResolvers<Fake>();
    let attempts = 0;
    const reopening = await Reopening.open({
      name: 'the peer',
      pauseFirst: 1,
      open: async () => {
        attempts += 1;
        return attempts === 1 ? first : await opening.promise;
      },
    });
    first.fail('it was cut');
    await until('it is being opened again', () => attempts === 2);
    const closed = reopening.close();
    opening.resolve(second);
    await closed;
    expect(second.closed).toBe(true);
    expect(reopening.current).toBe(null);
  });
});

it('a failure of the first opening is an error', async () => {
  const open = () => Promise.reject(new Error('no such peer'));
  await expect(Reopening.open({ name: 'the peer', open })).rejects.toThrow('no such peer');
});

describe('a connection that cannot be opened at first', () => {
  it('is opened later, and that is told', async () => {
    const opened: Fake[] = [];
    const reopened: Fake[] = [];
    let isThere = false;
    const reopening = await Reopening.begin({
      ...{ name: 'the peer', pauseFirst: 1, pauseLongest: 4 },
      async open() {
        if (!isThere) throw new Error('it is not there');
        const one = new Fake();
        opened.push(one);
        return one;
      },
      reopened: (one) => reopened.push(one),
    });
    onTestFinished(() => reopening.close());
    expect(reopening.health()).toEqual({ available: false, reason: 'the peer cannot be opened: it is not there' });
    isThere = true;
    await until('it is there', () => reopening.health().available);
    expect(reopening.current).toBe(opened[0]);
    expect(reopened).toEqual(opened);
  });
});
