import { expect, it } from 'vitest';
import { type DomainReading, domainStatisticsNote } from '../../../schema/resources/domains/statistics.ts';
import { DomainsApi } from '../../../test/support/domains/api.ts';

const STATS = '/hosts/web/stats';

/** A host `web` of weft's, and one of others' beside it. */
async function stage() {
  const api = await DomainsApi.start();
  await api.created('web');
  await api.write(`
    INSERT INTO foreign_domains SELECT id, 'uuid', 'theirs', 'running', 64, 1 FROM hypervisors`);
  const id: string = (await api.get('web')).body.id;
  const record = (ageMs: number, ...readings: readonly Partial<DomainReading>[]) =>
    api.note(domainStatisticsNote, {
      ...{ ageMs, keepMs: 3_600_000 },
      readings: readings.map((each) => ({ ...reading(id), ...each })),
    });
  return { api, record, get: (path = STATS) => api.send('GET', path) };
}

function reading(domain: string): DomainReading {
  return {
    ...{ domain, run: 1, state: 'running', cpu_us: 2_000_000, vcpus: 2, answered_ago_ms: 0 },
    memory: [10, 20, 30, 40, 50, 60],
    disks: [['sda', 1, 2, 3, 4, 5, 6, 7]],
    nics: [['vnet0', 1, 2, 3, 4, 5, 6, 7, 8]],
  };
}

const aTime = expect.stringMatching(/^\d{4}-.*Z$/);

it('the statistics of a host are those of its last reading, and its cores those between the last two', async () => {
  const { record, get } = await stage();
  await record(10_000, {});
  expect((await get()).body).toMatchObject({ cpu: { microseconds: 2_000_000, cores: null } });
  await record(0, { cpu_us: 17_000_000 });
  const { status, body } = await get();
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      ...{ name: 'web', hypervisor: 'host1', at: aTime, answered: body.at, state: 'running' },
      cpu: { microseconds: 17_000_000, cores: expect.closeTo(1.5, 1), vcpus: 2 },
      memory: { current: 10, maximum: 20, resident: 30, available: 40, unused: 50, usable: 60 },
      disks: [
        {
          name: 'sda',
          read: { requests: 1, bytes: 2 },
          written: { requests: 3, bytes: 4 },
          ...{ flushes: 5, capacity: 6, physical: 7 },
        },
      ],
      interfaces: [
        {
          name: 'vnet0',
          received: { bytes: 1, packets: 2, errors: 3, dropped: 4 },
          sent: { bytes: 5, packets: 6, errors: 7, dropped: 8 },
        },
      ],
    },
  });
});

it('a guest that was started anew has no cores before its second reading', async () => {
  const { record, get } = await stage();
  await record(10_000, {});
  await record(0, { cpu_us: 9_000_000, run: 2 });
  expect((await get()).body).toMatchObject({ cpu: { microseconds: 9_000_000, cores: null } });
});

it('a guest that hangs says since when the figures of its disks and its memory stand', async () => {
  const { record, get } = await stage();
  await record(0, { answered_ago_ms: 60_000 });
  const { at, answered } = (await get()).body;
  expect(Date.parse(at) - Date.parse(answered)).toBe(60_000);
  await record(0, { answered_ago_ms: null, memory: null, disks: [] });
  expect((await get()).body).toMatchObject({ at: aTime, answered: null, memory: { current: null }, disks: [] });
});

it('of a guest that is off the last reading is told, and nothing of one that was never read', async () => {
  const { record, get } = await stage();
  expect(await get()).toMatchObject({
    status: 200,
    body: { name: 'web', at: null, answered: null, state: null, cpu: { microseconds: null }, disks: [] },
  });
  await record(30_000, {});
  const last = (await get()).body;
  for (const ageMs of [20_000, 10_000, 0]) await record(ageMs, { domain: 'another' });
  expect((await get()).body).toEqual(last);
});

it('those of a host that weft did not make are told, too', async () => {
  const { record, get } = await stage();
  await record(0, {}, { domain: 'uuid', cpu_us: 5 });
  expect((await get('/hosts/theirs/stats')).body).toMatchObject({ name: 'theirs', cpu: { microseconds: 5 } });
});

it('the series after a time comes in pages, oldest first, and none is told twice', async () => {
  const { record, get } = await stage();
  for (const tens of [5, 4, 3, 2, 1]) {
    await record(tens * 10_000, { cpu_us: (6 - tens) * 1_000_000 }, { domain: 'another' });
  }
  const all = (await get(`${STATS}?since=2026-01-01T00:00:00Z`)).body;
  expect(all.map((each: { cpu: unknown }) => each.cpu)).toEqual(
    [null, 0.1, 0.1, 0.1, 0.1].map((cores, index) => ({
      ...{ microseconds: (index + 1) * 1_000_000, vcpus: 2 },
      cores: cores === null ? null : expect.closeTo(cores, 2),
    })),
  );
  const pages = [];
  let path = `${STATS}?since=${all[0].at}&limit=3`;
  for (;;) {
    const { body, headers } = await get(path);
    pages.push(body);
    const [, next] = /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '') ?? [];
    if (next === undefined) break;
    path = next;
  }
  expect(pages.map(({ length }) => length)).toEqual([3, 1]);
  expect(pages.flat()).toEqual(all.slice(1));
  expect((await get(`${STATS}?since=${all[4].at}`)).body).toEqual([]);
});

it.each([
  ['since', '?since=yesterday', 'must be a time like 2026-11-28T12:00:00Z'],
  ['since', '?since=2026-11-28T12:00:00%2B01:00', 'must be a time like 2026-11-28T12:00:00Z'],
  ['since', '?since=2026-13-28T12:00:00Z', 'must be a time like 2026-11-28T12:00:00Z'],
  ['limit', '?limit=0', 'must be at least 1'],
  ['tail', '?tail=5', 'unknown parameter'],
])('the parameter %s of %s is refused', async (parameter, query, detail) => {
  const { get } = await stage();
  expect(await get(`${STATS}${query}`)).toMatchObject({ status: 400, body: { errors: [{ parameter, detail }] } });
});

it('a host that is unknown is a 404, and stats is no action', async () => {
  const { api, get } = await stage();
  expect((await get('/hosts/nobody/stats')).status).toBe(404);
  await api.addHypervisor('host2');
  expect((await get('/hypervisors/host2/hosts/web/stats')).status).toBe(404);
  expect((await get('/hypervisors/host1/hosts/web/stats')).status).toBe(200);
  expect((await api.act('web', 'stats')).status).toBe(404);
});
