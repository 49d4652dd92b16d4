import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BRIDGED,
  change,
  content,
  contentOf,
  FORWARDING,
  LABEL,
  makeNetwork,
  nft,
  ownerOf,
  pings,
  received,
  refusalOf,
  removal,
  stage,
  TABLE,
  useStage,
} from '../../../test/support/isolation-stage.ts';
import { ip } from '../../../test/support/netns-workbench.ts';
import { NftablesError, openNftables } from './driver.ts';

useStage();

describe('packets', () => {
  test('pass neither between networks nor to the other gateway, whoever switches forwarding on', async () => {
    await makeNetwork(1);
    await makeNetwork(2);
    writeFileSync(FORWARDING, '1');
    // Without the table they do.
    expect(await pings(['i1a', '10.2.0.10'], ['i1a', '10.2.0.1'])).toEqual([true, true]);
    await stage.tables.apply(change(1));
    await stage.tables.apply(change(2));
    for (const forwarding of ['0', '1']) {
      writeFileSync(FORWARDING, forwarding);
      const before = received('i2a');
      expect(await pings(['i1a', '10.2.0.10'], ['i1b', '10.2.0.1'], ['i2b', '10.1.0.1'])).toEqual(Array(3).fill(false));
      expect(received('i2a')).toBe(before);
      expect(await pings(['i1a', '10.1.0.1'], ['i2b', '10.2.0.1'])).toEqual([true, true]);
    }
    await stage.tables.apply(removal(1));
    expect(await pings(['i1a', '10.2.0.10'], ['i1a', '10.1.0.1'])).toEqual([false, true]);
    await stage.tables.apply(removal(2));
    expect(await pings(['i1a', '10.2.0.10'])).toEqual([true]);
  });

  test('pass neither to nor from other links of the host, and reach no other address of it', async () => {
    await makeNetwork(1);
    // As an uplink would be.
    await makeNetwork(3);
    ip('address', 'add', '198.51.100.1/32', 'dev', 'lo');
    writeFileSync(FORWARDING, '1');
    const targets = ['10.3.0.10', '10.3.0.1', '198.51.100.1'].map((address) => ['i1a', address] as const);
    try {
      expect(await pings(...targets)).toEqual([true, true, true]);
      await stage.tables.apply(change(1));
      expect(await pings(...targets)).toEqual([false, false, false]);
      const before = received('i1a');
      expect(await pings(['i3a', '10.1.0.10'], ['i3a', '198.51.100.1'])).toEqual([false, true]);
      expect(received('i1a')).toBe(before);
    } finally {
      ip('address', 'delete', '198.51.100.1/32', 'dev', 'lo');
    }
  });

  test('of IPv6 do not reach the host', async () => {
    await makeNetwork(1);
    writeFileSync('/proc/sys/net/ipv6/conf/i1/disable_ipv6', '0');
    ip('address', 'add', 'fd01::1/64', 'dev', 'i1', 'nodad');
    ip('-n', 'i1a', 'address', 'add', 'fd01::10/64', 'dev', 'eth0', 'nodad');
    ip('-n', 'i1b', 'address', 'add', 'fd01::11/64', 'dev', 'eth0', 'nodad');
    expect(await pings(['i1a', 'fd01::1'])).toEqual([true]);
    await stage.tables.apply(change(1));
    expect(await pings(['i1a', 'fd01::1'], ['i1a', 'fd01::11'])).toEqual([false, true]);
  });

  test.runIf(existsSync(BRIDGED))('of one bridge pass, also when the kernel filters bridged frames', async () => {
    await makeNetwork(1);
    await stage.tables.apply(change(1));
    const before = readFileSync(BRIDGED, 'utf8');
    try {
      for (const filtering of ['0', '1']) {
        writeFileSync(BRIDGED, filtering);
        expect(await pings(['i1a', '10.1.0.11'])).toEqual([true]);
      }
      // What makes the difference.
      nft('flush', 'set', 'inet', TABLE, 'same');
      expect(await pings(['i1a', '10.1.0.11'])).toEqual([false]);
    } finally {
      writeFileSync(BRIDGED, before);
    }
  });
});

describe('the table', () => {
  test('contains what was given and not taken away, and exists as long as there is anything in it', async () => {
    expect(await content()).toEqual(contentOf());
    const first = change(1, 'i1.b', 'i1~b');
    await stage.tables.apply(first);
    await stage.tables.apply(change(2));
    for (let turn = 0; turn < 2; turn += 1) {
      await stage.tables.apply(first);
      expect(await content()).toEqual(contentOf(first, change(2)));
    }
    expect(nft('list', 'table', 'inet', TABLE)).toContain(`comment "${LABEL}"`);
    await stage.tables.apply({ ...change(1), gateway: null });
    expect(await content()).toEqual(contentOf({ ...change(1), gateway: null }, change(2)));
    for (let turn = 0; turn < 2; turn += 1) {
      await stage.tables.apply(removal(1));
      expect(await content()).toEqual(contentOf(change(2)));
    }
    for (let turn = 0; turn < 2; turn += 1) {
      await stage.tables.apply(removal(2));
      expect(await content()).toEqual(contentOf());
    }
    expect([nft('list', 'tables'), stage.told]).toEqual(['', []]);
  });

  test('has each bridge in the network that it was given to last', async () => {
    await stage.tables.apply(change(1, 'i3'));
    await stage.tables.apply(change(3));
    expect(await content()).toEqual(contentOf(change(1), change(3)));
  });

  test('leaves those of others alone', async () => {
    nft('add', 'table', 'inet', 'others');
    try {
      await stage.tables.apply(change(1));
      await stage.tables.apply(removal(1));
      expect(nft('list', 'tables')).toBe('table inet others\n');
    } finally {
      nft('delete', 'table', 'inet', 'others');
    }
  });

  test.each([
    ['flushed', 'flush table inet TABLE'],
    ['with a chain less', 'flush chain inet TABLE input; delete chain inet TABLE input'],
    ['with a rule more', 'insert rule inet TABLE forward accept'],
    ['with a chain more', 'add chain inet TABLE more'],
    ['with a pair of two bridges', 'add element inet TABLE same { "i1" . "i2" }'],
    ['without a pair', 'flush set inet TABLE same'],
    ['with a gateway of no bridge', 'add element inet TABLE gateways { "eth9" . 10.9.0.1 }'],
    ['asleep', 'add table inet TABLE { flags dormant; }'],
    [
      'with sets of other types',
      'delete table inet TABLE; add table inet TABLE; add set inet TABLE bridges { type ipv4_addr; elements = { 10.0.0.1 }; }',
    ],
    ['empty', 'delete table inet TABLE; add table inet TABLE'],
  ])('that is %s is reported, and repaired', async (_, commands) => {
    const wanted = [change(1), change(2)];
    for (const each of wanted) await stage.tables.apply(each);
    expect(await content()).toEqual(contentOf(...wanted));
    nft(commands.replaceAll('TABLE', TABLE));
    expect(await stage.tables.view()).toMatchObject({ intact: false });
    for (const each of wanted) await stage.tables.apply(each);
    expect([await content(), stage.told]).toEqual([
      contentOf(...wanted),
      [expect.stringContaining('others have changed it')],
    ]);
  });

  test('lacks a network that was taken out by hand, and has it again after a repair', async () => {
    for (const each of [change(1), change(2)]) await stage.tables.apply(each);
    const elements = ['same { "i1" . "i1" }', 'gateways { "i1" . 10.1.0.1 }', 'bridges { "i1" }'];
    for (const element of elements) nft(`delete element inet ${TABLE} ${element}`);
    expect(await content()).toEqual(contentOf(change(2)));
    await stage.tables.apply(change(1));
    expect(await content()).toEqual(contentOf(change(1), change(2)));
  });

  test('has a thousand bridges', async () => {
    const bridges = Array.from({ length: 1_000 }, (_, number) => `many${number}`);
    const gateway = { bridge: 'many0', address: '10.1.0.1' };
    await stage.tables.apply({ owner: ownerOf(1), bridges, gateway, forwarding: 'off' });
    await stage.tables.apply(change(2));
    expect((await stage.tables.view()).owners.get(ownerOf(1))?.bridges).toHaveLength(1_000);
  });
});

describe('an error', () => {
  const other = (options: object) => openNftables({ table: TABLE, label: LABEL, ...options });

  test('of a name or an address that a script cannot contain', async () => {
    for (const name of ['a b', 'a"', 'br*', '', '-a', 'longer-than-15-b']) {
      const refused = await refusalOf(stage.tables.apply({ ...change(1), bridges: [name] }));
      expect([refused.code, refused.transient]).toEqual(['invalid', false]);
    }
    const gateway = { bridge: 'i1', address: '10.1.0' };
    expect(await refusalOf(stage.tables.apply({ ...change(1), gateway }))).toMatchObject({ code: 'invalid' });
    expect(() => openNftables({ table: 'a;b', label: LABEL })).toThrow(NftablesError);
    expect(() => openNftables({ table: TABLE, label: 'a"' })).toThrow(NftablesError);
    expect(await content()).toEqual(contentOf());
  });

  test('of a lease that has run out, before anything is changed', async () => {
    const late = other({ expires: new BigInt64Array(new SharedArrayBuffer(8)) });
    expect((await late.view()).owners.size).toBe(0);
    expect(await refusalOf(late.apply(change(1)))).toMatchObject({ code: 'expired', transient: true });
    expect(await content()).toEqual(contentOf());
  });

  test('of a driver that has been closed', async () => {
    const closed = other({});
    const made = closed.apply(change(1));
    await closed.close();
    await made;
    expect(await content()).toEqual(contentOf(change(1)));
    expect(await refusalOf(closed.view())).toMatchObject({ code: 'invalid' });
  });

  test('of a process without the capability, in the words of nft', () => {
    const program = `
      import { openNftables } from '${new URL('./driver.ts', import.meta.url)}';
      const tables = openNftables({ table: '${TABLE}', label: '${LABEL}' });
      try {
        await tables.apply(${JSON.stringify(change(1))});
      } catch ({ code, detail }) {
        console.log(JSON.stringify([code, detail]));
      }`;
    const node = [process.execPath, '--input-type=module', '--eval', program];
    const printed = execFileSync('setpriv', ['--bounding-set=-net_admin', '--inh-caps=-net_admin', ...node], {
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toEqual(['denied', expect.stringContaining('Operation not permitted')]);
  });
});
