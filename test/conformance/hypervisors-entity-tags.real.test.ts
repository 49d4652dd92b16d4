import { describe, expect, it } from 'vitest';
import type { ServedInstance } from '../support/instance.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { aFleet, ID, must, OTHER_SUBNET, SUBNET, written } from './hypervisors-server.ts';

const one = `/hypervisors/${ID}`;

async function tagOf(weft: ServedInstance, path: string): Promise<string> {
  const tag = (await weft.request('GET', path)).headers.get('etag');
  if (tag === null) throw new Error(`${path} has no entity tag`);
  return tag;
}

async function aFleetWithSubnet(): Promise<LocalWeft> {
  const weft = await aFleet();
  await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' });
  await must(weft, 'POST', '/subnets', { id: OTHER_SUBNET, cidr: '10.8.0.0/24' });
  await must(weft, 'PATCH', `${one}/subnets`, { [SUBNET]: 'br0' });
  return weft;
}

/** Every write of an existing resource; the removals last. */
const writes: readonly (readonly [string, string, unknown])[] = [
  ['PATCH', one, { ip: '10.0.0.8' }],
  ['PATCH', `${one}/config`, { a: 'b' }],
  ['PATCH', `${one}/subnets`, { [SUBNET]: 'br1' }],
  ['DELETE', `${one}/subnets/${SUBNET}`, undefined],
  ['PATCH', `/subnets/${OTHER_SUBNET}`, { metadata: { a: 1 } }],
  ['DELETE', `/subnets/${OTHER_SUBNET}`, undefined],
  ['DELETE', one, undefined],
];

describe('an entity tag', () => {
  it('is strong, and one for a hypervisor, its config and its subnets', async () => {
    const weft = await aFleetWithSubnet();
    const tags = await Promise.all(['', '/config', '/subnets'].map((part) => tagOf(weft, `${one}${part}`)));
    expect(new Set(tags).size).toBe(1);
    expect(tags[0]).toMatch(/^"\d+"$/);
    expect(await tagOf(weft, `/subnets/${SUBNET}`)).toMatch(/^"\d+"$/);
  });

  it('of an answer to a write is the one that the next write may name', async () => {
    const weft = await aFleetWithSubnet();
    let tag = await tagOf(weft, one);
    for (const [method, path, body] of writes.filter(([, path]) => path.startsWith(one))) {
      const answer = await weft.request(method, path, body, { 'if-match': tag });
      expect([method, path, answer.status]).toEqual([method, path, 200]);
      if (path === one && method === 'DELETE') return;
      const next = answer.headers.get('etag');
      expect([method, path, next]).not.toEqual([method, path, tag]);
      tag = next ?? '';
      expect(await tagOf(weft, one)).toBe(tag);
    }
  });

  it('that is not the present one makes every write a 412 which changes nothing', async () => {
    const weft = await aFleetWithSubnet();
    for (const [method, path, body] of writes) {
      const before = await written(weft);
      const tag = await tagOf(weft, path.startsWith(one) ? one : path);
      for (const header of ['"0"', `W/${tag}`, '"x", "y"', `"x", W/${tag}`]) {
        const answer = await weft.request(method, path, body, { 'if-match': header });
        expect([method, path, header, answer.status]).toEqual([method, path, header, 412]);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
      expect(await written(weft)).toEqual(before);
    }
  });

  it('may be one of several, or a star', async () => {
    for (const header of [(tag: string) => tag, (tag: string) => `"x", ${tag}`, () => '*']) {
      const weft = await aFleetWithSubnet();
      for (const [method, path, body] of writes) {
        const tag = await tagOf(weft, path.startsWith(one) ? one : path);
        const answer = await weft.request(method, path, body, { 'if-match': header(tag) });
        expect([method, path, header(tag), answer.status]).toEqual([method, path, header(tag), 200]);
      }
    }
  });

  it('lets one of many concurrent writes with the same tag succeed', async () => {
    const weft = await aFleetWithSubnet();
    for (const [path, member] of [
      [one, (ordinal: number) => ({ metadata: { ordinal } })],
      [`${one}/config`, (ordinal: number) => ({ [`key${ordinal}`]: 'x' })],
      [`${one}/subnets`, (ordinal: number) => ({ [SUBNET]: `br${ordinal + 10}` })],
      [`/subnets/${SUBNET}`, (ordinal: number) => ({ metadata: { ordinal } })],
    ] as const) {
      const headers = { 'if-match': await tagOf(weft, path) };
      const turns = Array.from({ length: 20 }, (_, ordinal) => weft.request('PATCH', path, member(ordinal), headers));
      const statuses = (await Promise.all(turns)).map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
    }
  });

  it('does not change with a heartbeat', async () => {
    const weft = await LocalWeft.start();
    const tag = await tagOf(weft, '/hypervisors/host1');
    await weft.sql('UPDATE hypervisors SET last_seen_ms = last_seen_ms + 1, load = 7.5, free_memory = 3');
    expect((await weft.request('GET', '/hypervisors/host1')).headers.get('etag')).toBe(tag);
  });
});
