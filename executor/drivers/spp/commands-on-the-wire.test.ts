import { afterEach, expect, test } from 'vitest';
import {
  type Answers,
  type FakeProcess,
  oldNfv,
  oldPrimary,
  oldVf,
  padded,
  SUCCESS,
  vfError,
} from '../../../test/doubles/fake-process.ts';
import { Stage } from '../../../test/support/spp-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { ProcessKey, SppCommand, SppDriver } from './driver.ts';
import { HANDSHAKE } from './handshake.ts';

const stage = new Stage();

afterEach(() => stage.clear());

/** A driver with one connected process. */
async function withProcess(
  key: ProcessKey,
  answers: Answers,
  options: Parameters<Stage['open']>[0] = {},
): Promise<{ driver: SppDriver; process: FakeProcess }> {
  const { driver } = await stage.open(options);
  const process = await stage.join(driver, answers, key === 'primary' ? 'primary' : 'secondary');
  await until(`${key} is connected`, () => driver.process(key) !== null);
  process.heard.length = 0;
  return { driver, process };
}

function stopComponent(name: string): SppCommand {
  return { kind: 'stop-component', name };
}

test('commands go out one at a time, in their order', async () => {
  let outstanding = 0;
  let most = 0;
  const slow: Answers = async () => {
    outstanding += 1;
    most = Math.max(most, outstanding);
    await new Promise((resolve) => setImmediate(resolve));
    outstanding -= 1;
    return SUCCESS;
  };
  const { driver, process } = await withProcess(2, oldVf(2, slow));
  const names = Array.from({ length: 100 }, (_, index) => `c${index}`);
  await Promise.all(names.map((name) => driver.command(2, stopComponent(name))));
  expect(process.heard).toEqual(names.map((name) => `component stop ${name}`));
  expect(most).toBe(1);
});

test('concurrent reads of the status share a request, but not across a command', async () => {
  const { driver, process } = await withProcess(2, oldVf(2));
  const statuses = await Promise.all(Array.from({ length: 50 }, () => driver.status(2)));
  expect(process.heard).toEqual(['status']);
  expect(new Set(statuses).size).toBe(1);
  await Promise.all([driver.status(2), driver.command(2, stopComponent('a')), driver.status(2), driver.status(2)]);
  expect(process.heard).toEqual(['status', 'status', 'component stop a', 'status']);
});

test('an error has the process’ message, verbatim', async () => {
  const { driver } = await withProcess(
    2,
    oldVf(2, () => vfError('bad value(component name)')),
  );
  await expect(driver.command(2, stopComponent('a'))).rejects.toMatchObject({
    code: 'refused',
    detail: 'bad value(component name)',
    action: 'component stop a on vf 2',
    transient: false,
  });
});

test('fault 12: an invalid command is not sent', async () => {
  const { driver, process } = await withProcess(2, oldVf(2));
  await expect(driver.command(2, stopComponent('a b'))).rejects.toMatchObject({ code: 'invalid' });
  expect(process.heard).toEqual([]);
});

test('faults 3 and 4: an answer may have any length and any number of pieces', async () => {
  const entry = '{ "core": 2, "name": "c", "type": "merge", "rx_port": [  ], "tx_port": [  ] }';
  const long = `{ "results": [ { "result": "success" } ], "info": { "client-id": 2, "phy": [  ], "vhost": [  ], "ring": [  ], "core": [ ${Array(2_000).fill(entry).join(', ')} ], "classifier_table": [  ] } }`;
  const { driver, process } = await withProcess(2, oldVf(2));
  process.become(async (_command, { socket }) => {
    for (let at = 0; at < long.length; at += 1_000) {
      await new Promise<void>((resolve) => socket.write(long.slice(at, at + 1_000), () => resolve()));
    }
    return null;
  });
  const status = await driver.status(2);
  expect(status).toMatchObject({ components: { length: 2_000 } });
  process.become(oldVf(2));
  expect(await driver.command(2, stopComponent('a'))).toEqual({ confirmed: true });
});

test('fault 4: a process whose answers no longer match its commands is disconnected', async () => {
  for (const wrong of [padded('another', 1_000), `${SUCCESS}${SUCCESS}`, '{"x":1}']) {
    const { driver, process } = await withProcess(1, oldNfv(1));
    process.become(() => wrong);
    await expect(driver.command(1, { kind: 'forward' })).rejects.toMatchObject({ code: 'lost', transient: true });
    await process.ended;
    expect(driver.process(1)).toBe(null);
  }
});

test('fault 5: a missing answer fails the command, the connection and queued commands; other processes are not affected', async () => {
  const { driver, process } = await withProcess(2, oldVf(2), { timings: { command: 100 } });
  await stage.join(driver, oldVf(3));
  await until('the other is connected', () => driver.process(3) !== null);
  process.become(() => null);
  const outcomes = Promise.allSettled([driver.command(2, stopComponent('a')), driver.command(2, stopComponent('b'))]);
  expect(await driver.command(3, stopComponent('c'))).toEqual({ confirmed: true });
  expect(await outcomes).toMatchObject([
    { reason: { code: 'timeout', transient: true } },
    { reason: { code: 'lost', transient: true } },
  ]);
  await process.ended;
  expect(process.heard).toEqual(['component stop a']);
});

test('a process that disconnects within an answer fails the command', async () => {
  const { driver, process } = await withProcess(2, oldVf(2));
  process.become((_command, { socket }) => {
    socket.end('{ "results": [');
    return null;
  });
  await expect(driver.command(2, stopComponent('a'))).rejects.toMatchObject({ code: 'lost' });
});

test('exit succeeds when the process answers, and when it disconnects instead', async () => {
  const polite = await withProcess(2, oldVf(2));
  expect(await polite.driver.command(2, { kind: 'exit' })).toEqual({ confirmed: true });
  const old = await withProcess(1, oldNfv(1));
  old.process.become((_command, { socket }) => {
    socket.destroy();
    return null;
  });
  expect(await old.driver.command(1, { kind: 'exit' })).toEqual({ confirmed: true });
});

/** An nfv of 18.05 that keeps its ports, and silently refuses ring:99; it crashes as the real one does. */
function realisticNfv(): Answers {
  const ports = new Set(['phy:0', 'phy:1']);
  return (command, { socket }) => {
    if (command === HANDSHAKE) return padded('1', 1_000);
    if (command === 'status') {
      const list = [...ports].map((port) => `${port}-null`).join(',');
      return padded(`status: idling\nports: '${list}'`, 1_000);
    }
    const [verb, kind, number] = command.split(' ');
    const port = `${kind}:${number}`;
    if ((verb === 'add' && kind === 'phy') || (verb === 'del' && !ports.delete(port))) socket.destroy();
    if (verb === 'add' && number !== '99') ports.add(port);
    return padded(command.replaceAll(/[ :]/g, '\0'), 1_000);
  };
}

test('fault 14: a command that an old nfv does not confirm is verified by its status', async () => {
  const { driver, process } = await withProcess(1, realisticNfv());
  expect(await driver.command(1, { kind: 'add-port', port: 'ring:0' })).toEqual({ confirmed: true });
  expect(process.heard).toEqual(['add ring 0', 'status']);
  await expect(driver.command(1, { kind: 'add-port', port: 'ring:99' })).rejects.toMatchObject({ code: 'refused' });
  await expect(driver.command(1, { kind: 'forward' })).rejects.toMatchObject({ code: 'refused' });
});

test('an old nfv is not sent commands that crash it, even concurrently', async () => {
  const { driver, process } = await withProcess(1, realisticNfv());
  await expect(driver.command(1, { kind: 'add-port', port: 'phy:0' })).rejects.toMatchObject({ code: 'refused' });
  await expect(driver.command(1, { kind: 'remove-port', port: 'ring:99' })).rejects.toMatchObject({ code: 'refused' });
  expect(process.heard.filter((command) => command !== 'status')).toEqual([]);
  await driver.command(1, { kind: 'add-port', port: 'ring:0' });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () => driver.command(1, { kind: 'remove-port', port: 'ring:0' })),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', ...Array(4).fill('rejected')]);
  expect(process.count('del ring 0')).toBe(1);
  expect(driver.process(1)).not.toBe(null);
});

test('a command that an old primary echoes is not confirmed', async () => {
  const { driver } = await withProcess('primary', oldPrimary());
  expect(await driver.command('primary', { kind: 'clear' })).toEqual({ confirmed: false });
});

test('nothing is ever sent but the command itself', async () => {
  const { driver, process } = await withProcess(2, oldVf(2));
  await driver.command(2, stopComponent('a'));
  await driver.status(2);
  for (const command of process.heard) expect(command).toMatch(/^[!-~]+( [!-~]+)*$/);
});
