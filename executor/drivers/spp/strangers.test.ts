import { afterEach, expect, test } from 'vitest';
import { type Answers, oldNfv, oldPrimary, oldVf, padded } from '../../../test/doubles/fake-process.ts';
import { Stage } from '../../../test/support/spp-stage.ts';
import { until } from '../../../test/support/until.ts';

const stage = new Stage();

afterEach(() => stage.clear());

const SILENT: Answers = () => null;

test('fault 6: a thousand silent connections keep no process from connecting and working', async () => {
  const { driver } = await stage.open();
  const vf = await stage.join(driver, oldVf(2));
  await until('the vf is connected', () => driver.process(2) !== null);
  const silent = await Promise.all(Array.from({ length: 1_000 }, () => stage.join(driver, SILENT)));
  await until('all have been asked', () => silent.every(({ heard }) => heard.length === 1));
  await stage.join(driver, oldNfv(1));
  await until('the nfv is connected', () => driver.process(1) !== null);
  for (let round = 0; round < 100; round += 1) await driver.command(2, { kind: 'stop-component', name: 'a' });
  expect(vf.count('component stop a')).toBe(100);
  expect(silent.every(({ heard, hasEnded }) => heard.length === 1 && !hasEnded)).toBe(true);
});

test('fault 6: a silent connection is closed at its deadline', async () => {
  const { driver } = await stage.open({ timings: { handshake: 50 } });
  const [secondary, primary] = await Promise.all([stage.join(driver, SILENT), stage.join(driver, SILENT, 'primary')]);
  await Promise.all([secondary.ended, primary.ended]);
  expect(driver.processes()).toEqual([]);
});

test('a thousand silent connections are a few lines in the log', async () => {
  const { driver, log } = await stage.open({ timings: { handshake: 50 } });
  const silent = await Promise.all(Array.from({ length: 1_000 }, () => stage.join(driver, SILENT)));
  await Promise.all(silent.map(({ ended }) => ended));
  expect(log.length).toBeGreaterThan(0);
  expect(log.length).toBeLessThan(5);
});

test('beyond the limit the newest is refused, until others have disconnected', async () => {
  const { driver, log } = await stage.open({ limits: { unidentified: 5 } });
  const silent = await Promise.all(Array.from({ length: 5 }, () => stage.join(driver, SILENT)));
  await until('all have been asked', () => silent.every((process) => process.heard.length === 1));
  const refused = await Promise.all(Array.from({ length: 5 }, () => stage.join(driver, oldVf(2))));
  await Promise.all(refused.map(({ ended }) => ended));
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  expect(silent.some(({ hasEnded }) => hasEnded)).toBe(false);
  await silent[0]?.close();
  await until('one gets in', async () => {
    if (driver.process(2) !== null) return true;
    const process = await stage.join(driver, oldVf(2));
    await Promise.race([process.ended, until('it is connected', () => driver.process(2) !== null || process.hasEnded)]);
    return driver.process(2) !== null;
  });
});

test('fault 7: a reset, garbage, or binary data ends only its own connection', async () => {
  const { driver } = await stage.open();
  const reset = await stage.join(driver, SILENT);
  reset.socket.resetAndDestroy();
  const rubbish = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0xff, 0xfe, 0x80]),
    Buffer.from('}{'),
    Buffer.from('{"client_id": 1}{'),
    padded('\xff\xfe', 1_000),
  ];
  for (const bytes of rubbish) {
    const stranger = await stage.join(driver, SILENT);
    stranger.socket.write(bytes);
    const byPrimary = await stage.join(driver, SILENT, 'primary');
    byPrimary.socket.write(bytes);
  }
  await stage.join(driver, oldVf(2));
  await until('a vf is connected', () => driver.process(2) !== null);
  expect(driver.processes()).toHaveLength(1);
});

test.each(['x', '{', '{"', '\0', '7'])('100 MB of %j are read only up to the limit', async (filling) => {
  const { driver } = await stage.open();
  const vf = await stage.join(driver, oldVf(2));
  await until('the vf is connected', () => driver.process(2) !== null);
  const flood = Buffer.alloc(1_000_000, filling);
  for (const role of ['primary', 'secondary'] as const) {
    const stranger = await stage.join(driver, SILENT, role);
    for (let sent = 0; sent < 100 && !stranger.hasEnded; sent += 1) {
      await new Promise<void>((resolve) => stranger.socket.write(flood, () => resolve()));
    }
    await stranger.ended;
    expect(stranger.socket.bytesWritten).toBeLessThan(100_000_000);
  }
  await driver.command(2, { kind: 'stop-component', name: 'a' });
  expect(vf.hasEnded).toBe(false);
});

test('a process whose answer exceeds the limit is disconnected', async () => {
  const { driver } = await stage.open({ limits: { replyBytes: 100_000 } });
  const vf = await stage.join(driver, oldVf(2));
  await until('the vf is connected', () => driver.process(2) !== null);
  vf.become(() => `{ "results": [ "${'x'.repeat(200_000)}" ] }`);
  await expect(driver.status(2)).rejects.toMatchObject({ code: 'lost' });
  await vf.ended;
});

test('faults 10 and 11: an id that is not a whole number from 1 is refused, held for a while, and logged', async () => {
  const { driver, log } = await stage.open({ timings: { logRepeated: 50 } });
  const ids = ['0', '-5', '1.5', '"x"', 'NaN'];
  const strangers = await Promise.all([
    ...ids.map((id) => stage.join(driver, oldVf(id))),
    ...ids.map((id) => stage.join(driver, oldNfv(id))),
  ]);
  await Promise.all(strangers.map(({ ended }) => ended));
  expect(driver.processes()).toEqual([]);
  const refusals = () => log.filter((line) => line.startsWith('warn'));
  const told = () => refusals().map((line) => Number(/"times":(\d+)/.exec(line)?.[1] ?? 1));
  await until('all are told of', () => told().reduce((sum, times) => sum + times, 0) === 10);
  expect(refusals().every((line) => /"heldMs":[1-9]/.test(line))).toBe(true);
});

test('a connection to the port of the primary must answer like one', async () => {
  const { driver } = await stage.open();
  const vf = await stage.join(driver, oldVf(2), 'primary');
  const nfv = await stage.join(driver, oldNfv(1), 'primary');
  await Promise.all([vf.ended, nfv.ended]);
  expect(driver.processes()).toEqual([]);
  await stage.join(driver, oldPrimary(), 'primary');
  await until('the primary is connected', () => driver.process('primary') !== null);
});

test('a connection that does not answer like a primary does not replace a slow one', async () => {
  const { driver } = await stage.open({ timings: { probe: 20 } });
  const slow = await stage.join(driver, oldPrimary(), 'primary');
  await until('the primary is connected', () => driver.process('primary') !== null);
  slow.become(SILENT);
  const vf = await stage.join(driver, oldVf(2), 'primary');
  await vf.ended;
  expect(slow.hasEnded).toBe(false);
});

test('the number of processes is limited, too', async () => {
  const { driver, log } = await stage.open({ limits: { processes: 3 } });
  const all = await Promise.all([1, 2, 3, 4, 5].map((id) => stage.join(driver, oldVf(id))));
  await until('two are refused', () => all.filter(({ hasEnded }) => hasEnded).length === 2);
  expect(driver.processes()).toHaveLength(3);
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    expect.stringContaining('there are too many processes'),
  ]);
});
