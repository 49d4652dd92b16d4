import { copyFileSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import { waiting } from '../conformance/example.ts';
import { associate } from '../support/associations.ts';
import { clean } from '../support/clean.ts';
import { ip, linkNames, namespaces, picture } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const quick = { times: { scan: 100, grace: 100 } };

async function databaseId(weft: LocalWeft): Promise<string> {
  const [row] = await weft.sql<{ id: string }>('SELECT id FROM database');
  return row?.id ?? '';
}

/** A number of containers, and a network of two of them. */
async function populate(weft: LocalWeft, containers: number): Promise<void> {
  const containerIDs = Array.from({ length: containers }, (_, ordinal) => `c${ordinal}`);
  await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs }] });
  expect((await weft.request('POST', '/cen/make', ['lan'], waiting)).status).toBe(200);
}

async function ready(weft: LocalWeft): Promise<Record<string, unknown>> {
  return (await weft.request('GET', '/readyz')).body;
}

describe('an orphan', () => {
  it('is listed, and removed after two scans and the grace time; an object without weft’s label never is', async () => {
    const weft = await LocalWeft.start({ times: { scan: 100, grace: HOUR_MS } });
    const id = await databaseId(weft);
    await weft.request('PUT', '/host/host1/ours');
    ip('link', 'add', 'lost', 'type', 'bridge');
    ip('link', 'set', 'lost', 'alias', `weft:${id}/01900000-0000-7000-8000-000000000000 lost`);
    ip('link', 'add', 'foreign', 'type', 'bridge');
    ip(
      'link',
      'set',
      'foreign',
      'alias',
      'weft:00000000-0000-4000-8000-000000000000/01900000-0000-7000-8000-000000000000 x',
    );
    ip('link', 'add', 'plain', 'type', 'bridge');
    ip('netns', 'add', 'mine');
    const orphans = async () =>
      (await weft.request<{ orphans: { name: string; scans: number }[] }>('GET', '/hypervisors/host1/orphans')).body
        .orphans;
    await until('it is seen', async () => (await orphans()).length === 1);
    expect(await orphans()).toMatchObject([{ kind: 'link', namespace: null, name: 'lost' }]);
    await until('it is seen twice', async () => (await orphans())[0]?.scans === 2);
    expect(linkNames(null)).toContain('lost');
    await weft.sql(`UPDATE orphans SET first_seen_ms = first_seen_ms - ${HOUR_MS}`);
    await until('it is gone', () => !linkNames(null).includes('lost'));
    await until('the list is empty', async () => (await orphans()).length === 0);
    expect(linkNames(null)).toEqual(['foreign', 'plain']);
    expect(namespaces()).toEqual(['mine', 'ours']);
    const sweeps = "SELECT kind, status, principal FROM operations WHERE kind = 'network.sweep'";
    expect(await weft.sql(sweeps)).toEqual([{ kind: 'network.sweep', status: 'succeeded', principal: 'executor' }]);
  });

  it('stays if there are too many at once, with the reason, and is removed on confirmation', async () => {
    const weft = await LocalWeft.start(quick);
    await populate(weft, 8);
    const before = picture();
    await weft.write(['members', 'cens', 'containers'].map((table) => statement(`DELETE FROM ${table}`)));
    await until('the circuit breaker is open', async () => (await ready(weft)).held !== undefined);
    expect(await ready(weft)).toMatchObject({
      status: 'ready',
      held: [
        {
          hypervisor: 'host1',
          reason: 'orphans',
          detail: expect.stringMatching(/^Circuit breaker open: 25 of the 25 objects with /),
        },
      ],
    });
    const [event] = await weft.sql<{ data: string }>("SELECT data FROM events WHERE type = 'removal.held'");
    expect(event?.data).toContain('none of them is removed');
    expect(weft.output).toContain('removal hold: Circuit breaker open: 25 of the 25');
    const scans = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
    for (let scan = 0; scan < 4; scan += 1) {
      const last = await scans();
      await until('there was one more scan', async () => (await scans()) > last);
    }
    expect(picture()).toEqual(before);

    const answer = await weft.request('DELETE', '/hypervisors/host1/orphans');
    expect(answer).toMatchObject({ status: 200, body: { kind: 'hypervisor.sweep', status: 'succeeded' } });
    expect([...namespaces(), ...linkNames(null)]).toEqual([]);
    await until('nothing is held any more', async () => (await ready(weft)).held === undefined);
  });
});

describe('another database', () => {
  it('that is empty owns nothing on the host, and touches nothing', async () => {
    const weft = await LocalWeft.start(quick);
    await populate(weft, 8);
    const before = picture();
    await weft.stop();
    for (const end of ['', '-wal', '-shm']) rmSync(`${weft.databaseFile}${end}`, { force: true });
    // Without the state files nothing on this machine refers to the first database.
    for (const note of globSync(join(weft.stateDirectory, '{,notes/}seen-*.json'))) rmSync(note);
    await weft.restart();
    const dryRun = await weft.request('POST', '/hypervisors/host1/resync?dry_run=true');
    expect(dryRun).toMatchObject({ status: 200, body: { differences: [], orphans: [] } });
    // An object in the way that belongs to another database is named, and left alone.
    const refused = await weft.request('PUT', '/host/host1/c0');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('c0');
    expect(picture()).toEqual(before);
  });

  it('that was restored makes missing objects, and removes nothing until an operator confirms it', async () => {
    const weft = await LocalWeft.start(quick);
    await populate(weft, 3);
    await weft.stop();
    const file = weft.databaseFile;
    copyFileSync(file, `${file}.backup`);
    await weft.restart();
    // After the backup: one more container in the network, another one alone, and the network is reduced.
    await weft.request('PUT', '/host/host1/later');
    await weft.request('PUT', '/host/host1/more/lan');
    await weft.request('DELETE', '/host/host1/c0/lan');
    await weft.stop();
    for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    copyFileSync(`${file}.backup`, file);
    ip('netns', 'delete', 'c1');
    await weft.restart();
    await until('the database is found to be old', async () => (await ready(weft)).held !== undefined);
    expect(await ready(weft)).toMatchObject({
      held: [{ reason: 'restored', hint: expect.stringContaining('resync') }],
    });
    await until('what the database lacks on the host is made', () => namespaces().includes('c1'));
    const scans = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
    for (let scan = 0; scan < 4; scan += 1) {
      const last = await scans();
      await until('there was one more scan', async () => (await scans()) > last);
    }
    expect(namespaces()).toEqual(['c0', 'c1', 'c2', 'later', 'more']);
    expect(linkNames('more')).toEqual(['lan']);

    const answer = await weft.request('POST', '/hypervisors/host1/resync');
    expect(answer).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    await until('what nothing knows is gone', () => namespaces().length === 3);
    expect(namespaces()).toEqual(['c0', 'c1', 'c2']);
    expect((await ready(weft)).held).toBeUndefined();
    expect((await weft.request('GET', '/cen/lan')).body.contIDs).toEqual(['c0', 'c1', 'c2']);
  });
});

describe('npm run clean', () => {
  it('removes everything with the label of this database, after listing it, and nothing else', async () => {
    const weft = await LocalWeft.start();
    await populate(weft, 3);
    await associate(weft, { 1: 'br1' });
    ip('netns', 'add', 'mine');
    ip('link', 'add', 'br0', 'type', 'bridge');
    expect(() => clean(weft)).toThrow(/Another executor of this database runs on this host/);
    await weft.stop();
    const listed = clean(weft, { list: true }).output;
    expect(listed).toMatch(/^kind +name +namespace +label\n/);
    expect(listed.split('\n').filter((line) => line.includes(' weft:'))).toHaveLength(11);
    expect(listed).toMatch(/^link +br1 +weft:[^/]+\/hypervisors\//m);
    expect(namespaces()).toHaveLength(4);
    expect(clean(weft).output).toMatch(/took away 11\n$/);
    expect([...namespaces(), ...linkNames(null)]).toEqual(['mine', 'br0']);
    expect(clean(weft).output).toMatch(/^nothing on this host bears the label weft:/);
  });
});
