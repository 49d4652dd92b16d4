import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  change,
  content,
  contentOf,
  FORWARDING,
  LABEL,
  makeNetwork,
  nft,
  pings,
  received,
  removal,
  stage,
  TABLE,
  useStage,
} from '../../../test/support/isolation-stage.ts';
import { ip } from '../../../test/support/netns-workbench.ts';
import { until } from '../../../test/support/until.ts';
import type { Forwarding, IsolationChange } from './driver.ts';

useStage();

describe('packets of networks that forward', () => {
  const forwarding = (number: number, mode: Forwarding): IsolationChange => ({ ...change(number), forwarding: mode });

  /** Networks 1 and 2, and 3, which is not given to the driver, as an uplink and what is behind it. */
  async function makeNetworks(): Promise<void> {
    for (const number of [1, 2, 3]) await makeNetwork(number);
  }

  test('go to others that do and to links of the host, and come from there', async () => {
    await makeNetworks();
    for (const number of [1, 2]) await stage.tables.apply(forwarding(number, 'on'));
    expect(readFileSync(FORWARDING, 'utf8').trim()).toBe('1');
    const routes = [
      ['i1a', '10.2.0.10'],
      ['i1a', '10.3.0.10'],
      ['i3a', '10.1.0.10'],
    ] as const;
    expect(await pings(...routes)).toEqual([true, true, true]);
    // Of the host there is the own gateway alone.
    expect(await pings(['i1a', '10.2.0.1'], ['i1a', '10.3.0.1'], ['i1a', '10.1.0.1'])).toEqual([false, false, true]);
    await stage.tables.apply(forwarding(2, 'off'));
    expect(await pings(...routes)).toEqual([false, true, true]);
    await stage.tables.apply(forwarding(1, 'off'));
    expect(await pings(...routes)).toEqual([false, false, false]);
  });

  test('go out with the address of the host, and nothing but answers comes back', async () => {
    await makeNetworks();
    for (const number of [1, 2]) await stage.tables.apply(forwarding(number, 'nat'));
    // What is outside knows no way to the networks.
    ip('-n', 'i3a', 'route', 'delete', 'default');
    expect(await pings(['i1a', '10.3.0.10'], ['i2b', '10.3.0.10'])).toEqual([true, true]);
    ip('-n', 'i3a', 'route', 'add', 'default', 'via', '10.3.0.1');
    const before = received('i1a');
    expect(await pings(['i3a', '10.1.0.10'], ['i2a', '10.1.0.10'], ['i1a', '10.2.0.1'])).toEqual(Array(3).fill(false));
    expect(received('i1a')).toBe(before);
  });

  test('do not pass between one that is routed and one that is translated', async () => {
    await makeNetworks();
    await stage.tables.apply(forwarding(1, 'on'));
    await stage.tables.apply(forwarding(2, 'nat'));
    expect(await pings(['i1a', '10.2.0.10'], ['i2a', '10.1.0.10'])).toEqual([false, false]);
  });

  test.each(['on', 'nat'] as const)('with the address of another network are dropped (%s)', async (mode) => {
    await makeNetworks();
    await stage.tables.apply(forwarding(1, mode));
    // It would be answered to network 3 itself.
    ip('-n', 'i1a', 'address', 'add', '10.3.0.99/32', 'dev', 'eth0');
    const before = received('i3a');
    ip('netns', 'exec', 'i1a', 'sh', '-c', 'ping -n -c 1 -W 1 -I 10.3.0.99 10.3.0.10 || true');
    expect(received('i3a')).toBe(before);
    expect(await pings(['i1a', '10.3.0.10'])).toEqual([true]);
  });

  test('of IPv6 go nowhere', async () => {
    await makeNetworks();
    await stage.tables.apply(forwarding(1, 'on'));
    writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
    try {
      for (const [number, other] of [
        [1, 3],
        [3, 1],
      ]) {
        writeFileSync(`/proc/sys/net/ipv6/conf/i${number}/disable_ipv6`, '0');
        ip('address', 'add', `fd0${number}::1/64`, 'dev', `i${number}`, 'nodad');
        ip('-n', `i${number}a`, 'address', 'add', `fd0${number}::10/64`, 'dev', 'eth0', 'nodad');
        ip('-n', `i${number}a`, 'route', 'add', `fd0${other}::/64`, 'via', `fd0${number}::1`);
      }
      expect(await pings(['i1a', 'fd03::10'], ['i3a', 'fd01::10'])).toEqual([false, false]);
      await stage.tables.apply(removal(1));
      await until('packets pass', async () => (await pings(['i1a', 'fd03::10'])).every(Boolean));
    } finally {
      writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '0');
    }
  });

  test('pass again after somebody has made the host stop, or has changed the rules', async () => {
    await makeNetworks();
    const wanted = forwarding(1, 'nat');
    await stage.tables.apply(wanted);
    expect(await content()).toEqual(contentOf(wanted));
    writeFileSync(FORWARDING, '0');
    expect(await stage.tables.view()).toMatchObject({ intact: false });
    await stage.tables.apply(wanted);
    expect(await content()).toEqual(contentOf(wanted));
    nft('flush', 'chain', 'inet', TABLE, 'postrouting');
    expect(await stage.tables.view()).toMatchObject({ intact: false });
    await stage.tables.apply(wanted);
    expect([await content(), await pings(['i1a', '10.3.0.10'])]).toEqual([contentOf(wanted), [true]]);
  });

  test('are an error if the host does not forward and cannot be made to', async () => {
    const program = `
      import { openNftables } from '${new URL('./driver.ts', import.meta.url)}';
      const tables = openNftables({ table: '${TABLE}', label: '${LABEL}' });
      await tables.apply(${JSON.stringify(forwarding(1, 'on'))}).catch(({ code, detail }) => {
        console.log(JSON.stringify([code, detail]));
      });`;
    // As in a container of Docker.
    const readOnly = `mount --bind ${FORWARDING} ${FORWARDING} && mount -o remount,ro,bind ${FORWARDING} && exec "$@"`;
    const node = [process.execPath, '--input-type=module', '--eval', program];
    const printed = execFileSync('unshare', ['--mount', 'sh', '-c', readOnly, 'sh', ...node], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['denied', expect.stringMatching(/does not forward IPv4 .* read-only/)]);
    expect(await stage.tables.view()).toMatchObject({ intact: false });
  });

  test('do not make the host forward if there are none', async () => {
    await makeNetwork(1);
    await stage.tables.apply(change(1));
    expect(readFileSync(FORWARDING, 'utf8').trim()).toBe('0');
  });
});
