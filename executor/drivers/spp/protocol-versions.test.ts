import { afterEach, describe, expect, test } from 'vitest';
import { ERAS } from '../../../test/stand-ins/spp/era.ts';
import {
  type StandIn,
  type StandInOptions,
  startMirror,
  startNfv,
  startPcap,
  startPrimary,
  startVf,
} from '../../../test/stand-ins/spp/process.ts';
import { Stage } from '../../../test/support/spp-stage.ts';
import { until } from '../../../test/support/until.ts';
import type { ProcessKey, SppCommand, SppDriver } from './driver.ts';

/* The driver with stand-ins for whole processes, which keep state and answer like those of their release. */

const stage = new Stage();

afterEach(() => stage.clear());

type Start = (options: StandInOptions) => StandIn;

async function started(
  driver: SppDriver,
  start: Start,
  key: ProcessKey,
  options: Omit<StandInOptions, 'port' | 'clientId'>,
): Promise<StandIn> {
  const { port } = key === 'primary' ? driver.primary : driver.secondary;
  const process = start({ ...options, port, clientId: key === 'primary' ? 0 : key, reconnectMs: 20 });
  stage.closeLater(() => process.close());
  await until(`${key} is connected`, () => driver.process(key) !== null);
  return process;
}

describe.each(ERAS)('processes of %s', (era) => {
  test('a vf gets components, ports and a classifier', async () => {
    const { driver } = await stage.open();
    await started(driver, startVf, 2, { era, cores: [2, 3, 4] });
    const attach = { kind: 'attach-port', component: 'cls1' } as const;
    const classify = { kind: 'add-classifier', mac: 'FA:16:3E:7D:CC:35', port: 'ring:2', vlanId: null } as const;
    const commands: SppCommand[] = [
      { kind: 'start-component', name: 'cls1', core: 2, type: 'classifier' },
      { ...attach, port: 'phy:0', direction: 'rx' },
      { ...attach, port: 'ring:2', direction: 'tx', vlan: { operation: 'add', id: 677, priority: 3 } },
      { ...attach, port: 'ring:3', direction: 'tx' },
      classify,
    ];
    for (const command of commands) expect(await driver.command(2, command)).toEqual({ confirmed: true });
    await expect(driver.command(2, classify)).rejects.toMatchObject({ code: 'refused' });
    expect(await driver.status(2)).toMatchObject({
      clientId: 2,
      components: [
        {
          name: 'cls1',
          core: 2,
          type: 'classifier',
          rx: [{ port: 'phy:0' }],
          tx: [{ port: 'ring:2', vlan: { operation: 'add', id: 677, priority: 3 } }, { port: 'ring:3' }],
        },
      ],
      idleCores: [3, 4],
      classifiers: [{ mac: 'FA:16:3E:7D:CC:35', port: 'ring:2', vlanId: null }],
    });
    await driver.command(2, { ...classify, kind: 'remove-classifier' });
    await driver.command(2, { kind: 'stop-component', name: 'cls1' });
    expect(await driver.status(2)).toMatchObject({ components: [], idleCores: [2, 3, 4], classifiers: [] });
  });

  test('an nfv gets ports and patches, forwards, and refuses commands', async () => {
    const { driver } = await stage.open();
    const nfv = await started(driver, startNfv, 1, { era });
    const commands: SppCommand[] = [
      { kind: 'add-port', port: 'ring:0' },
      { kind: 'patch', source: 'phy:0', destination: 'ring:0' },
      { kind: 'forward' },
    ];
    for (const command of commands) expect(await driver.command(1, command)).toEqual({ confirmed: true });
    expect(await driver.status(1)).toMatchObject({
      running: true,
      ports: ['phy:0', 'phy:1', 'ring:0'],
      patches: [{ source: 'phy:0', destination: 'ring:0' }],
    });
    const refused: SppCommand[] = [
      { kind: 'remove-port', port: 'ring:6' },
      { kind: 'add-port', port: 'ring:99' },
      { kind: 'patch', source: 'ring:5', destination: 'vhost:9' },
    ];
    for (const command of refused) await expect(driver.command(1, command)).rejects.toMatchObject({ code: 'refused' });
    await driver.command(1, { kind: 'stop' });
    await driver.command(1, { kind: 'reset-patches' });
    await driver.command(1, { kind: 'remove-port', port: 'ring:0' });
    expect(await driver.status(1)).toMatchObject({ running: false, ports: ['phy:0', 'phy:1'], patches: [] });
    expect([nfv.condition, nfv.connections]).toEqual(['running', 1]);
  });

  test('a primary shows its statistics and clears them', async () => {
    const { driver } = await stage.open();
    await started(driver, startPrimary, 'primary', { era });
    const status = await driver.status('primary');
    if (era === 'seed-18.05') expect(status).toMatchObject({ figures: null });
    else expect(status).toMatchObject({ figures: { phy_ports: [{ id: 0 }, { id: 1 }] } });
    expect(await driver.command('primary', { kind: 'clear' })).toEqual({ confirmed: era !== 'seed-18.05' });
  });

  test('a process that is killed within an answer, or restarted, is detected and identified again', async () => {
    const { driver } = await stage.open();
    const vf = await started(driver, startVf, 2, { era, cores: [2] });
    const first = driver.process(2)?.generation ?? 0;
    vf.faults.next({ kind: 'disconnectMidReply', bytes: 10 });
    await expect(driver.status(2)).rejects.toMatchObject({ code: 'lost' });
    await until('it is back', () => (driver.process(2)?.generation ?? 0) > first);
    await vf.restart();
    await until('it is back again', () => (driver.process(2)?.generation ?? 0) > first + 1);
    expect(await driver.status(2)).toMatchObject({ clientId: 2, components: [] });
  });

  test('faults 3, 4 and 5: split, huge, wrong and missing answers', async () => {
    const { driver } = await stage.open({ timings: { command: 300 } });
    const nfv = await started(driver, startNfv, 1, { era });
    nfv.faults.next({ kind: 'split', sizes: [1, 2, 3, 50, 400] });
    expect(await driver.status(1)).toMatchObject({ running: false });
    for (const fault of [{ kind: 'rubbish' }, { kind: 'wrongJson' }, { kind: 'huge' }, { kind: 'silent' }] as const) {
      const { generation = 0 } = driver.process(1) ?? {};
      nfv.faults.next(fault);
      await expect(driver.status(1), fault.kind).rejects.toMatchObject({ transient: true });
      await until('it is back', () => (driver.process(1)?.generation ?? 0) > generation);
      expect(await driver.status(1)).toMatchObject({ running: false });
    }
  });

  test('a frozen process is replaced by one that answers, and is refused when it thaws', async () => {
    const { driver } = await stage.open({
      timings: { probe: 100, refusalFirst: 3_600_000, refusalLongest: 3_600_000 },
    });
    const frozen = await started(driver, startNfv, 1, { era });
    const { generation = 0 } = driver.process(1) ?? {};
    frozen.freeze();
    await started(driver, startNfv, 1, { era });
    await until('it is replaced', () => (driver.process(1)?.generation ?? 0) > generation);
    const { generation: replaced } = driver.process(1) ?? {};
    frozen.thaw();
    await until('it has come back', () => frozen.connections > 1);
    await driver.command(1, { kind: 'add-port', port: 'ring:0' });
    expect(driver.process(1)?.generation).toBe(replaced);
  });
});

test('mirror, pcap and primary of 2020 accept their commands', async () => {
  const { driver } = await stage.open();
  await started(driver, startMirror, 3, { era: '2020', cores: [5] });
  await started(driver, startPcap, 4, { era: '2020', cores: [6, 7] });
  await started(driver, startPrimary, 'primary', { era: '2020' });
  await driver.command(3, { kind: 'start-component', name: 'mir1', core: 5, type: 'mirror' });
  await driver.command(3, { kind: 'attach-port', port: 'ring:6', direction: 'rx', component: 'mir1' });
  expect(await driver.status(3)).toMatchObject({
    components: [{ name: 'mir1', type: 'mirror', rx: [{ port: 'ring:6' }] }],
  });
  await driver.command(4, { kind: 'start-capture' });
  expect(await driver.status(4)).toMatchObject({ running: true });
  await driver.command(4, { kind: 'stop-capture' });
  await driver.command('primary', { kind: 'add-port', port: 'vhost:5' });
  await driver.command('primary', { kind: 'reset-patches' });
  await driver.command('primary', { kind: 'forward' });
  for (const key of [3, 4, 'primary'] as const)
    expect(await driver.command(key, { kind: 'exit' })).toEqual({ confirmed: true });
  await until('all are gone', () => driver.processes().length === 0);
});
