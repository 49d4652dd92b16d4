import { afterEach, expect, test } from 'vitest';
import { type Answers, FakeProcess, oldNfv, oldPrimary, oldVf } from '../../../test/doubles/fake-process.ts';
import { Stage } from '../../../test/support/spp-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { SppDriver } from './driver.ts';

const stage = new Stage();

afterEach(() => stage.clear());

/** Reconnects as soon as it is disconnected, like a real nfv. Counts its attempts until `stop`. */
function reconnecting(driver: SppDriver, answers: Answers): { attempts: () => number; stop: () => Promise<void> } {
  let attempts = 0;
  let stopped = false;
  let current: FakeProcess | null = null;
  const running = (async () => {
    while (!stopped) {
      attempts += 1;
      current = await FakeProcess.connect(driver.secondary, answers);
      if (stopped) await current.close();
      await current.ended;
    }
  })();
  const stop = async () => {
    stopped = true;
    await current?.close();
    await running;
  };
  return { attempts: () => attempts, stop };
}

test('fault 9: two processes with one id neither replace each other nor reconnect in a loop', async () => {
  const timings = { refusalFirst: 20, refusalLongest: 10_000, logRepeated: 0 };
  const { driver, changes, log } = await stage.open({ timings });
  const first = await stage.join(driver, oldNfv(1));
  await until('the first is connected', () => driver.process(1) !== null);
  const generation = driver.process(1)?.generation;
  const second = reconnecting(driver, oldNfv(1));
  stage.closeLater(second.stop);
  await until('the second has been refused some times', () => second.attempts() >= 5);
  const held = log.flatMap((line) => /"heldMs":(\d+)/.exec(line)?.[1] ?? []).map(Number);
  expect(held.slice(0, 4)).toEqual([20, 40, 80, 160]);
  expect(first.hasEnded).toBe(false);
  expect(driver.process(1)?.generation).toBe(generation);
  expect(changes).toEqual([1]);
});

test('fault 9: nor across types', async () => {
  const { driver } = await stage.open();
  const nfv = await stage.join(driver, oldNfv(1));
  await until('the nfv is connected', () => driver.process(1) !== null);
  const vf = await stage.join(driver, oldVf(1));
  await vf.ended;
  expect(driver.process(1)?.type).toBe('nfv');
  expect(nfv.hasEnded).toBe(false);
});

test('of two that connect at the same time, one is registered', async () => {
  const { driver } = await stage.open();
  const processes = await Promise.all(Array.from({ length: 10 }, () => stage.join(driver, oldVf(2))));
  await until('one is connected', () => driver.process(2) !== null);
  await until('the others are refused', () => processes.filter(({ hasEnded }) => hasEnded).length === 9);
  expect(driver.processes()).toHaveLength(1);
});

test('a refused process gets the id as soon as its holder disconnects', async () => {
  const { driver, log } = await stage.open({ timings: { refusalFirst: 3_600_000, refusalLongest: 3_600_000 } });
  const first = await stage.join(driver, oldVf(2));
  await until('the first is connected', () => driver.process(2) !== null);
  const generation = driver.process(2)?.generation ?? 0;
  const second = await stage.join(driver, oldVf(2));
  await until('the second is refused', () => log.some((line) => line.startsWith('warn')));
  await first.close();
  await until('the second has its place', () => (driver.process(2)?.generation ?? 0) > generation);
  expect(second.hasEnded).toBe(false);
  await driver.command(2, { kind: 'stop-component', name: 'a' });
  expect(second.heard.at(-1)).toBe('component stop a');
});

test('a predecessor that does not answer is replaced', async () => {
  const { driver } = await stage.open({ timings: { probe: 50 } });
  const dead = await stage.join(driver, oldVf(2));
  await until('the first is connected', () => driver.process(2) !== null);
  // Like a host that has lost its power: the connection stays, nothing answers.
  dead.become(() => null);
  const successor = await stage.join(driver, oldVf(2));
  await dead.ended;
  await until('the successor has its place', () => driver.process(2) !== null);
  await driver.command(2, { kind: 'stop-component', name: 'a' });
  expect(successor.heard.at(-1)).toBe('component stop a');
});

test('a predecessor that is executing a command is alive', async () => {
  const { driver } = await stage.open({ timings: { probe: 1_000 } });
  let finish: () => void = () => {};
  const answered = new Promise<null>((resolve) => {
    finish = () => resolve(null);
  });
  const slow: Answers = async (_command, { socket }) => {
    await answered;
    socket.write('{ "results": [ { "result": "success" } ] }');
    return null;
  };
  const busy = await stage.join(driver, oldVf(2, slow));
  await until('it is connected', () => driver.process(2) !== null);
  const command = driver.command(2, { kind: 'stop-component', name: 'a' });
  const second = await stage.join(driver, oldVf(2));
  await until('the second has said its id', () => second.heard.length > 0);
  finish();
  await command;
  await second.ended;
  expect(busy.hasEnded).toBe(false);
});

test('fault 9: a stray connection does not displace a primary that answers', async () => {
  const { driver } = await stage.open({ timings: { handshake: 100 } });
  const primary = await stage.join(driver, oldPrimary(), 'primary');
  await until('the primary is connected', () => driver.process('primary') !== null);
  const strays = [await stage.join(driver, () => null, 'primary'), await stage.join(driver, oldPrimary(), 'primary')];
  await Promise.all(strays.map(({ ended }) => ended));
  expect(primary.hasEnded).toBe(false);
  expect(driver.process('primary')?.generation).toBe(1);
});

test('fault 10: id 0 does not conflict with the primary', async () => {
  const { driver } = await stage.open();
  await stage.join(driver, oldPrimary(), 'primary');
  const zero = await stage.join(driver, oldNfv(0));
  await zero.ended;
  await until('the primary is connected', () => driver.process('primary') !== null);
  expect(driver.processes().map(({ type }) => type)).toEqual(['primary']);
});
