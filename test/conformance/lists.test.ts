import { describe, expect, it } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import { SUBNET } from './hypervisors-server.ts';
import {
  aFleetOfTwo,
  type Fleet,
  HOST,
  type ListCase,
  lists,
  must,
  pageAt,
  processes,
  processesOfOne,
} from './lists.ts';

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Walks through a list; `between` changes it after each page, given the numbers seen so far. */
async function walk(
  fleet: Fleet,
  list: ListCase,
  limit: number,
  between: (seen: readonly number[]) => Promise<unknown> = async () => undefined,
): Promise<number[]> {
  const seen: number[] = [];
  let pages = 0;
  for (let at: string | undefined = `${list.path}?limit=${limit}`; at !== undefined; pages += 1) {
    if (pages > 20) throw new Error(`${list.path} has no end: ${seen.join()}`);
    const page = await pageAt(fleet, list, at);
    seen.push(...page.numbers);
    at = page.next;
    await between(seen);
  }
  return seen;
}

async function filled(list: ListCase): Promise<Fleet> {
  const fleet = await aFleetOfTwo();
  for (const number of numbered(1, 9)) await list.add(fleet, number);
  return fleet;
}

const wrong = [
  ...['0', '-1', '1001', '1e9', '1000000000', 'ten', ''].map((limit) => ['limit', limit] as const),
  ...['', 'nonsense', '1', '%00'].map((after) => ['after', after] as const),
  ['after', Buffer.from('["boxes",1,"a"]').toString('base64url')],
] as const;

describe.each(lists.map((list) => [list.path, list] as const))('GET %s', (path, list) => {
  it('returns in pages of any size the same rows as in one', async () => {
    const fleet = await filled(list);
    const { numbers, next } = await pageAt(fleet, list, path);
    expect({ numbers, next }).toEqual({ numbers: numbered(1, 9), next: undefined });
    for (const limit of [1, 3, 4, 9, 1000]) expect(await walk(fleet, list, limit)).toEqual(numbered(1, 9));
  });

  it('neither repeats nor skips a row while others are added and removed', async () => {
    const fleet = await filled(list);
    let turn = 0;
    const seen = await walk(fleet, list, 2, async (before) => {
      turn += 1;
      const last = before.at(-1);
      // A seen and an unseen row are removed, and one is added at the end.
      if (turn === 2) await list.remove(fleet, last ?? 1);
      if (turn === 3) await list.remove(fleet, 8);
      if (turn <= 3) await list.add(fleet, 9 + turn);
    });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
  });

  it('refuses a limit or a place that is none', async () => {
    const fleet = await aFleetOfTwo();
    for (const [parameter, value] of wrong) {
      const answer = await fleet.ask('GET', `${path}?${parameter}=${value}`);
      const text = await answer.text();
      expect([value, answer.status, text]).toEqual([value, 400, expect.stringContaining(parameter)]);
      if (path.endsWith('/v1/processes')) continue;
      expect(JSON.parse(text).errors).toEqual([{ parameter, detail: expect.any(String) }]);
    }
  });
});

describe('a link to the next page', () => {
  it('keeps the path with its prefix, and the other parameters', async () => {
    const list = processesOfOne;
    const fleet = await filled(list);
    const answer = await fleet.ask('GET', `${list.path}?colour=red&limit=2`);
    expect(answer.headers.get('link')).toMatch(
      /^<\/hypervisors\/host1\/v1\/processes\?colour=red&limit=2&after=[\w-]+>; rel="next"$/,
    );
    expect((await fleet.ask('GET', list.path)).headers.get('link')).toBeNull();
    const head = await fleet.ask('HEAD', `${list.path}?limit=2`);
    expect(head.headers.get('link')).toContain('rel="next"');
  });

  it('continues from the processes of one hypervisor to those of the next with the same ids', async () => {
    const fleet = await aFleetOfTwo();
    for (const number of numbered(1, 3)) {
      for (const list of [processes, processesOfOne]) await list.add(fleet, number);
    }
    expect(await walk(fleet, processes, 1)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(await walk(fleet, processesOfOne, 1)).toEqual([1, 2, 3]);
    expect((await fleet.ask('GET', '/hypervisors/nobody/v1/processes?limit=1')).status).toBe(400);
  });
});

it('a page of addresses continues at its place if the subnet gets another block meanwhile', async () => {
  const fleet = await aFleetOfTwo();
  const path = `/subnets/${SUBNET}`;
  await must(fleet, 'PATCH', path, { cidr: '10.7.2.0/24' });
  for (const last of numbered(10, 14)) await must(fleet, 'POST', `${path}/addresses`, { address: `10.7.2.${last}` });
  const first = await must<{ next: string }>(fleet, 'GET', `${path}/addresses?limit=2`);
  await must(fleet, 'PATCH', path, { cidr: '10.7.0.0/16' });
  const { addresses } = await must<{ addresses: { address: string }[] }>(
    fleet,
    'GET',
    `${path}/addresses?after=${first.next}`,
  );
  expect(addresses.map(({ address }) => address)).toEqual(['10.7.2.12', '10.7.2.13', '10.7.2.14']);
});

it('a list of an older daemon is complete without a limit, and one of weft’s own has a hundred', async () => {
  const fleet = await aFleetOfTwo();
  const rows = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)`;
  await fleet.database.write([
    statement(
      `${rows} INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms) SELECT 'h' || i, 'h' || i, 0, '{}', 7 FROM n`,
    ),
    statement(`${rows} INSERT INTO subnets (id, metadata, revision, created_ms) SELECT 's' || i, '{}', 1, 7 FROM n`),
    statement(`${rows} INSERT INTO orphans SELECT '${HOST}', 'link', '', 'o' || i, 'weft:x', 1, 0 FROM n`),
  ]);
  expect(await must<unknown[]>(fleet, 'GET', '/hypervisors')).toHaveLength(1502);
  expect((await must<{ subnets: unknown[] }>(fleet, 'GET', '/subnets')).subnets).toHaveLength(100);
  expect((await must<{ orphans: unknown[] }>(fleet, 'GET', '/hypervisors/host1/orphans')).orphans).toHaveLength(100);
});

describe('GET /operations', () => {
  it('is paginated by before, with every filter, while others are added', async () => {
    const fleet = await aFleetOfTwo();
    for (const number of numbered(1, 7)) await must(fleet, 'PUT', `/hypervisors/host1/cen/n${number}`);
    const sequences: number[] = [];
    const query = 'kind=cen.create&status=succeeded&limit=2';
    for (let next: number | undefined, isLast = false; !isLast; ) {
      const before: string = next === undefined ? '' : `&before=${next}`;
      const page = await must<{ operations: { sequence: number }[]; next?: number }>(
        fleet,
        'GET',
        `/operations?${query}${before}`,
      );
      sequences.push(...page.operations.map(({ sequence }) => sequence));
      await must(fleet, 'PUT', `/hypervisors/host1/cen/later${sequences.length}`);
      next = page.next;
      isLast = next === undefined;
    }
    expect(sequences).toEqual([...new Set(sequences)].sort((left, right) => right - left));
    expect(sequences).toHaveLength(7);
    const subject = `hypervisors/${HOST}/cens/n3`;
    const found = await must<{ operations: { subjects: string[] }[] }>(fleet, 'GET', `/operations?subject=${subject}`);
    expect(found.operations.map(({ subjects }) => subjects)).toEqual([[subject]]);
  });

  it('refuses what is no parameter of it', async () => {
    const fleet = await aFleetOfTwo();
    const limits = ['limit=0', 'limit=-1', 'limit=1e9', 'limit=1000000000', 'limit=x'];
    for (const query of [...limits, 'before=x', 'before=0', 'before=-1', 'before=', 'status=done', 'after=x']) {
      const answer = await fleet.ask('GET', `/operations?${query}`);
      const body: { errors: { parameter: string }[] } = await answer.json();
      expect([query, answer.status, body.errors[0]?.parameter]).toEqual([query, 400, query.split('=')[0]]);
    }
  });
});
