import { describe, expect, it } from 'vitest';
import { associate, associationStates, writeAssociations } from '../support/associations.ts';
import { ip, linkNames, links, picture } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

/** Full scans are disabled: only events lead to repairs. */
const eventsAlone = { times: { scan: 3_600_000 } };
const often = { times: { scan: 100 } };

const labels = () => links(null).map(({ ifname, ifalias }) => [ifname, ifalias]);
const count = async (weft: LocalWeft, kind: string) =>
  (await weft.sql(`SELECT 1 FROM operations WHERE kind = '${kind}' AND status = 'succeeded'`)).length;

async function labelOf(weft: LocalWeft): Promise<string> {
  const [row] = await weft.sql<{ label: string }>(
    "SELECT 'weft:' || d.id || '/hypervisors/' || h.id || '/bridges' AS label FROM database d, hypervisors h",
  );
  return row?.label ?? '';
}

async function becomes(weft: LocalWeft, name: string, wanted: string): Promise<void> {
  await until(`${name} is ${wanted}`, async () =>
    (await associationStates(weft)).some((row) => row.interface === name && row.state === wanted),
  );
}

async function scanned(weft: LocalWeft, times: number): Promise<void> {
  const at = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
  for (let scan = 0; scan < times; scan += 1) {
    const last = await at();
    await until('there was one more scan', async () => (await at()) > last);
  }
}

describe('the interface of an association', () => {
  it('is a bridge with a label, up and without an address, as long as one association has it', async () => {
    const weft = await LocalWeft.start(eventsAlone);
    const label = await labelOf(weft);
    await associate(weft, { 1: 'br1', 2: 'br1', 3: 'br3' });
    expect(labels()).toEqual([
      ['br1', `${label} br1`],
      ['br3', `${label} br3`],
    ]);
    for (const { flags, linkinfo } of links(null)) {
      expect([flags.includes('UP'), linkinfo?.info_kind]).toEqual([true, 'bridge']);
    }
    expect(ip('-oneline', 'address', 'show', 'dev', 'br1')).toBe('');
    expect((await associationStates(weft)).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
    await associate(weft, { 1: null });
    expect(linkNames(null)).toEqual(['br1', 'br3']);
    await associate(weft, { 2: 'br2' });
    expect(linkNames(null)).toEqual(['br2', 'br3']);
    await associate(weft, { 2: null, 3: null });
    expect(linkNames(null)).toEqual([]);
    expect(await weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).toEqual([]);
  });

  it('is removed with foreign ports, which stay', async () => {
    const weft = await LocalWeft.start(eventsAlone);
    await associate(weft, { 1: 'br1' });
    ip('link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'far');
    ip('link', 'set', 'port', 'master', 'br1');
    await associate(weft, { 1: null });
    expect(links(null).map(({ ifname, master }) => [ifname, master])).toEqual([
      ['far', undefined],
      ['port', undefined],
    ]);
  });

  it('whose name is taken fails with the reason, alone, and is ready when the name is free', async () => {
    const weft = await LocalWeft.start(eventsAlone);
    ip('link', 'add', 'br1', 'type', 'veth', 'peer', 'name', 'far');
    ip('link', 'add', 'br2', 'type', 'bridge');
    ip('link', 'set', 'br2', 'alias', 'weft:00000000-0000-4000-8000-000000000000/x br2');
    const before = picture();
    await associate(weft, { 1: 'br1', 2: 'br2', 3: 'br3' });
    expect(await associationStates(weft)).toEqual([
      { interface: 'br1', state: 'failed', error: expect.stringContaining('Link br1 on the host already exists') },
      { interface: 'br2', state: 'failed', error: expect.stringContaining('labelled "weft:00000000-') },
      { interface: 'br3', state: 'ready', error: null },
    ]);
    expect(picture().filter((line) => !line.includes(' br3 '))).toEqual(before);
    expect(await weft.sql('SELECT kind, status FROM operations')).toEqual([
      { kind: 'subnets.change', status: 'succeeded' },
    ]);
    ip('link', 'delete', 'br1');
    await becomes(weft, 'br1', 'ready');
    ip('link', 'delete', 'br2');
    await becomes(weft, 'br2', 'ready');
    expect((await associationStates(weft)).map(({ error }) => error)).toEqual([null, null, null]);
    const label = await labelOf(weft);
    expect(labels()).toEqual(['br1', 'br2', 'br3'].map((name) => [name, `${label} ${name}`]));
    expect(await count(weft, 'bridges.repair')).toBe(2);
  });

  it('is not tried again while the name is taken, however often the host is scanned', async () => {
    const weft = await LocalWeft.start(often);
    ip('link', 'add', 'br1', 'type', 'veth', 'peer', 'name', 'far');
    // The kernel replaces `%d` with a number, so the driver rejects such a name.
    await associate(weft, { 1: 'br1', 2: 'br%d', 3: 'br3' });
    expect((await associationStates(weft)).map(({ state }) => state)).toEqual(['failed', 'failed', 'ready']);
    await scanned(weft, 3);
    ip('link', 'set', 'br1', 'up');
    await scanned(weft, 2);
    expect(await weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).toEqual([]);
    // What the host refused is tried again after a growing pause.
    const repairs = async () => (await weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).length;
    await weft.sql('UPDATE operations SET created_ms = created_ms - 31000, finished_ms = finished_ms - 31000');
    await until('it is tried again', async () => (await repairs()) === 1);
    await until('that has ended', async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0);
    await weft.sql('UPDATE operations SET created_ms = created_ms - 31000, finished_ms = finished_ms - 31000');
    await scanned(weft, 3);
    expect(await repairs()).toBe(1);
  });

  it('that is a bridge of the host’s own is used, and never touched', async () => {
    const weft = await LocalWeft.start(often);
    ip('link', 'add', 'br0', 'type', 'bridge');
    const before = picture();
    await associate(weft, { 1: 'br0' });
    expect(await associationStates(weft)).toEqual([{ interface: 'br0', state: 'ready', error: null }]);
    ip('link', 'set', 'br0', 'up');
    ip('link', 'set', 'br0', 'down');
    await scanned(weft, 2);
    expect(picture()).toEqual(before);
    await weft.stop();
    await weft.restart();
    await associate(weft, { 1: null });
    await scanned(weft, 2);
    expect(picture()).toEqual(before);
    expect(await weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).toEqual([]);
  });
});

describe('drift', () => {
  it('by a manual change is repaired after the kernel’s event', async () => {
    const weft = await LocalWeft.start(eventsAlone);
    await associate(weft, { 1: 'br1', 2: 'br2' });
    const before = picture().join('\n');
    const changes = [
      ['delete', 'br1'],
      ['set', 'br1', 'down'],
      ['set', 'br2', 'name', 'other'],
    ];
    for (const [done, change] of changes.entries()) {
      ip('link', ...change);
      await until(`${change.join(' ')} is repaired`, async () => (await count(weft, 'bridges.repair')) === done + 1);
      expect(picture().join('\n')).toBe(before);
    }
    ip('link', 'delete', 'br1');
    await until('it is back', async () => (await count(weft, 'bridges.repair')) === changes.length + 1);
    expect((await associationStates(weft)).map(({ state }) => state)).toEqual(['ready', 'ready']);
  });

  it('of rows that were changed while the executor was away is found when it starts', async () => {
    const weft = await LocalWeft.start(eventsAlone);
    await associate(weft, { 1: 'br1', 2: 'br2' });
    await weft.stop();
    ip('link', 'add', 'br3', 'type', 'bridge');
    ip('link', 'add', 'br4', 'type', 'veth', 'peer', 'name', 'far');
    await writeAssociations(weft, { 1: null, 3: 'br3', 4: 'br4', 5: 'br5' });
    await weft.restart();
    await becomes(weft, 'br5', 'ready');
    expect((await associationStates(weft)).map(({ interface: name, state }) => [name, state])).toEqual([
      ['br2', 'ready'],
      ['br3', 'ready'],
      ['br4', 'failed'],
      ['br5', 'ready'],
    ]);
    expect(linkNames(null)).toEqual(['br2', 'br3', 'br4', 'br5', 'far']);
    expect(await count(weft, 'bridges.repair')).toBe(1);
  });

  it('by an orphaned bridge is removed', async () => {
    const weft = await LocalWeft.start(eventsAlone);
    ip('link', 'add', 'lost', 'type', 'bridge');
    ip('link', 'set', 'lost', 'alias', `${await labelOf(weft)} lost`);
    // The kernel reports a new alias only for a link that is up.
    ip('link', 'set', 'lost', 'up');
    await until('it is gone', async () => (await count(weft, 'bridges.repair')) === 1);
    expect(linkNames(null)).toEqual([]);
  });
});

describe('the bridges of a hypervisor that was removed', () => {
  it('are orphans; those of an existing one are not', async () => {
    const weft = await LocalWeft.start({ times: { scan: 100, grace: 100 } });
    await weft.sql(
      "INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms) VALUES ('11111111-2222-4333-8444-555555555555', 'host2', 1, '{}', 0)",
    );
    const label = await labelOf(weft);
    const another = (id: string) => label.replace(/[^/]+\/bridges$/, `${id}/bridges`);
    ip('link', 'add', 'gone', 'type', 'bridge');
    ip('link', 'set', 'gone', 'alias', `${another('01900000-0000-7000-8000-000000000000')} gone`);
    ip('link', 'add', 'theirs', 'type', 'bridge');
    ip('link', 'set', 'theirs', 'alias', `${another('11111111-2222-4333-8444-555555555555')} theirs`);
    await until('the orphan is taken away', async () => (await count(weft, 'network.sweep')) === 1);
    expect(linkNames(null)).toEqual(['theirs']);
  });
});

describe('a database that was restored', () => {
  it('removes no bridge before an operator confirms it, whatever is requested', async () => {
    const weft = await LocalWeft.start(often);
    await associate(weft, { 1: 'br1' });
    await weft.sql(`UPDATE hypervisors SET held = '{"reason":"restored","detail":"","hint":""}'`);
    await associate(weft, { 1: null, 2: 'br2' });
    await scanned(weft, 2);
    expect(linkNames(null)).toEqual(['br1', 'br2']);
    await weft.request('POST', '/hypervisors/host1/resync');
    await until('it is gone', () => linkNames(null).join() === 'br2');
  });
});
