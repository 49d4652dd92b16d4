import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  type Answers,
  oldNfv,
  oldPrimary,
  oldVf,
  padded,
  typedProcess,
  vfStatus,
} from '../../../test/doubles/fake-process.ts';
import { Stage } from '../../../test/support/spp-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { ProcessKey, SppDriver } from './driver.ts';
import { HANDSHAKE } from './handshake.ts';

const MIRROR_STATUS =
  '{ "results": [ { "result": "success" } ], "info": { "client-id": 3, "phy": [ "0" ], "vhost": [  ], "ring": [  ], "master-lcore": 0, "core": [ { "core": 5, "type": "unuse" } ] } }';
const PCAP_STATUS =
  '{ "results": [ { "result": "success" } ], "info": { "client-id": 4, "status": "idle", "master-lcore": 0, "core": [ { "core": 6, "role": "receive", "rx_port": [ { "port": "phy:0" } ] } ] } }';
const NFV_STATUS = '{"client-id":5,"status":"idling","master-lcore":0,"lcores":[0,1],"ports":["phy:0"],"patches":[]}';
const PRIMARY_STATUS = '{"master-lcore":0,"lcores":[0],"phy_ports":[],"ring_ports":[],"pipes":[]}';

const stage = new Stage();

afterEach(() => stage.clear());

async function present(driver: SppDriver, key: ProcessKey): Promise<void> {
  await until(`${key} is connected`, () => driver.process(key) !== null);
}

/** A process of 2020 that pads its answers to frames. */
function framed(answers: Answers): Answers {
  return async (command, process) => padded(String(await answers(command, process)), 32_768);
}

test('processes of all protocol versions are identified by their handshake', async () => {
  const { driver, changes } = await stage.open();
  await stage.join(driver, oldNfv(1));
  await stage.join(driver, oldVf(2));
  await stage.join(driver, typedProcess(3, 'mirror', MIRROR_STATUS));
  await stage.join(driver, typedProcess(4, 'pcap', PCAP_STATUS));
  await stage.join(driver, framed(typedProcess(5, 'nfv', NFV_STATUS)));
  await stage.join(driver, typedProcess(6, 'vf', vfStatus(6)));
  await stage.join(driver, oldNfv(7, 2_048));
  const primary = await stage.join(driver, oldPrimary(), 'primary');
  await until('all are connected', () => driver.processes().length === 8);
  await Promise.all(driver.processes().map(({ key }) => driver.status(key)));
  expect(
    driver
      .processes()
      .map(({ key, type, messageSize, protocolVersion }) => [
        key,
        type,
        messageSize,
        protocolVersion.portSyntax,
        protocolVersion.classifier,
      ]),
  ).toEqual([
    ['primary', 'primary', 1_000, 'old', 'classifier_mac'],
    [1, 'nfv', 1_000, 'old', 'classifier_mac'],
    [2, 'vf', null, 'new', 'classifier_mac'],
    [3, 'mirror', null, 'new', 'classifier'],
    [4, 'pcap', null, 'new', 'classifier'],
    [5, 'nfv', 32_768, 'new', 'classifier'],
    [6, 'vf', null, 'new', 'classifier'],
    [7, 'nfv', 2_048, 'old', 'classifier_mac'],
  ]);
  expect(primary.heard).not.toContain(HANDSHAKE);
  expect([...changes].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 'primary']);
});

test('a primary of 2020 has statistics and accepts commands', async () => {
  const { driver } = await stage.open();
  const answers: Answers = (command) =>
    padded(command === 'status' ? PRIMARY_STATUS : `{"result":"succeeded","command":"${command}"}`, 32_768);
  const primary = await stage.join(driver, answers, 'primary');
  await present(driver, 'primary');
  expect(driver.process('primary')?.status).toEqual({ type: 'primary', figures: JSON.parse(PRIMARY_STATUS) });
  expect(await driver.command('primary', { kind: 'forward' })).toEqual({ confirmed: true });
  expect(primary.heard.at(-1)).toBe('forward');
});

test('fault 8: a process that exits is removed at once, and new when it reconnects', async () => {
  const { driver, changes } = await stage.open();
  const first = await stage.join(driver, oldVf(2));
  await present(driver, 2);
  const before = driver.process(2)?.generation ?? 0;
  await first.close();
  await until('it is gone', () => driver.process(2) === null);
  await expect(driver.status(2)).rejects.toMatchObject({ code: 'missing', transient: false });
  await expect(driver.command(2, { kind: 'exit' })).rejects.toMatchObject({ code: 'missing' });
  await stage.join(driver, oldVf(2));
  await present(driver, 2);
  expect(driver.process(2)?.generation).toBeGreaterThan(before);
  expect(changes).toEqual([2, 2, 2]);
});

test('faults 5 and 8: a process that stops answering is detected by the periodic status and disconnected', async () => {
  const { driver } = await stage.open({ timings: { status: 20, command: 100 } });
  const silent = await stage.join(driver, oldVf(2));
  await present(driver, 2);
  await stage.join(driver, oldNfv(1));
  await present(driver, 1);
  silent.become(() => null);
  await until('the silent one is dropped', () => driver.process(2) === null);
  await silent.ended;
  expect(driver.process(1)).not.toBe(null);
});

test('only a changed status is reported', async () => {
  const { driver, changes } = await stage.open({ timings: { status: 10 } });
  const nfv = await stage.join(driver, oldNfv(1));
  await present(driver, 1);
  const asked = nfv.count('status');
  await until('it has been asked again', () => nfv.count('status') > asked + 3);
  expect(changes).toEqual([1]);
  nfv.become(oldNfv(1, 1_000, "'phy:0-null'"));
  await until('the change is told', () => changes.length === 2);
  expect(driver.process(1)?.status).toMatchObject({ ports: ['phy:0'] });
});

test('close ends all connections and rejects pending commands', async () => {
  const { driver, changes } = await stage.open();
  const vf = await stage.join(
    driver,
    oldVf(2, () => null),
  );
  const silent = await stage.join(driver, () => null);
  await present(driver, 2);
  const asked = driver.command(2, { kind: 'stop-component', name: 'a' });
  const waiting = driver.command(2, { kind: 'stop-component', name: 'b' });
  const outcomes = Promise.allSettled([asked, waiting]);
  await driver.close();
  expect(await outcomes).toMatchObject([{ reason: { code: 'lost' } }, { reason: { code: 'lost' } }]);
  await Promise.all([vf.ended, silent.ended]);
  expect(driver.processes()).toEqual([]);
  expect(changes).toEqual([2]);
});

test('a port that is in use is tried again until it is free; health reports why', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  stage.closeLater(async () => void squatter.close());
  const { port } = squatter.address() as AddressInfo;
  const { driver, log } = await stage.open({
    secondary: { host: '127.0.0.1', port },
    timings: { listenFirst: 5, listenLongest: 10 },
  });
  const reason = expect.stringMatching(new RegExp(`^listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`));
  expect(driver.health()).toEqual({ available: false, reason });
  await stage.join(driver, oldPrimary(), 'primary');
  await present(driver, 'primary');
  squatter.close();
  await until('it listens', () => driver.health().available);
  await stage.join(driver, oldVf(2));
  await present(driver, 2);
  expect(log.filter((line) => line.includes('listen on'))).toEqual([
    expect.stringMatching(/^warn cannot listen on /),
    expect.stringMatching(/^info now able to listen on /),
  ]);
});

test('a driver that waits for its port can be closed', async () => {
  const { driver } = await stage.open();
  const waiting = await stage.open({ secondary: driver.secondary, timings: { listenFirst: 1 } });
  await waiting.driver.close();
  await driver.close();
  expect(waiting.driver.health()).toMatchObject({ available: false });
});
