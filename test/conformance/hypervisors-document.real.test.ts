import { describe, expect, it } from 'vitest';
import type { ServedInstance } from '../support/instance.ts';
import { anApi, must, SUBNET, shell } from './hypervisors-server.ts';

/*
 * The example requests of chypervisord's document, verbatim, in its order and on its port. Steps that its text implies
 * between two of them are done before.
 */

const one = 'http://localhost:17000/hypervisors/abcd1234-abcd-1234-abcd-1234abcd1234';
const posted =
  '{"id":"abcd1234-abcd-1234-abcd-1234abcd1234","metadata":{},"ip":"10.100.101.35","netmask":"255.255.255.255","gateway":"10.100.101.35","mac":"01:23:45:67:89:ac","total_resources":{"memory":1024,"disk":1024,"cpu":1},"available_resources":{"memory":1024,"disk":1024,"cpu":1}}';
/** A PATCH merges; the document shows resources of 0, which its daemon overwrote. */
const patched = posted.replace('"metadata":{}', '"metadata":{"foo":"bar"}');
const listed =
  '{"id":"e88a75a6-7ae6-487c-9634-6553d3793437","metadata":{},"ip":"10.100.101.34","netmask":"","gateway":"","mac":"01:23:45:67:89:ab","total_resources":{"memory":0,"disk":0,"cpu":0},"available_resources":{"memory":0,"disk":0,"cpu":0}}';

interface Request {
  readonly command: string;
  readonly status?: number;
  /** A map or a list, which is answered exactly like this. */
  readonly exactly?: string;
  /** A hypervisor, after whose members only weft's own follow. */
  readonly hypervisor?: string;
  prepare?(weft: ServedInstance): Promise<unknown>;
}

const path = '/hypervisors/abcd1234-abcd-1234-abcd-1234abcd1234';

const requests: readonly Request[] = [
  {
    prepare: (weft) => must(weft, 'POST', '/hypervisors', listed),
    command: 'curl http://localhost:17000/hypervisors',
    hypervisor: `[${listed}`,
  },
  {
    command: `curl -XPOST http://localhost:17000/hypervisors --data-binary '${posted}'`,
    status: 201,
    hypervisor: posted,
  },
  { command: `curl ${one}`, hypervisor: posted },
  { command: `curl -XPATCH ${one} --data-binary '{"metadata":{"foo":"bar"}}'`, hypervisor: patched },
  { command: `curl -XDELETE ${one}`, hypervisor: patched },
  {
    prepare: async (weft) => {
      await must(weft, 'POST', '/hypervisors', posted);
      await must(weft, 'PATCH', `${path}/config`, { bar: 'baz' });
    },
    command: `curl ${one}/config`,
    exactly: '{"bar":"baz"}',
  },
  { command: `curl -XPATCH ${one}/config --data-binary '{"bar":"","foobar":"asdf"}'`, exactly: '{"foobar":"asdf"}' },
  {
    prepare: (weft) => must(weft, 'PATCH', `${path}/subnets`, { [SUBNET]: 'br0' }),
    command: `curl ${one}/subnets`,
    exactly: '{"c6430cba-648a-41aa-aee4-b59dacfc790d":"br0"}',
  },
  {
    command: `curl -XPATCH ${one}/subnets --data-binary '{"c6430cba-648a-41aa-aee4-b59dacfc790d":"br0"}'`,
    exactly: '{"c6430cba-648a-41aa-aee4-b59dacfc790d":"br0"}',
  },
  { command: `curl -XDELETE ${one}/subnets/c6430cba-648a-41aa-aee4-b59dacfc790d`, exactly: '{}' },
  {
    // The guest in the document does not exist: no kind of guest is implemented yet.
    command: 'curl http://localhost:17000/hypervisors/e88a75a6-7ae6-487c-9634-6553d3793437/guests',
    exactly: '[]',
  },
];

describe('the document of chypervisord', () => {
  it('is answered verbatim, in its order, by a server that has no executor', async () => {
    const weft = await anApi(17_000);
    for (const { prepare, command, status = 200, exactly, hypervisor } of requests) {
      await prepare?.(weft);
      const answer = await shell(command);
      expect({ command, status: answer.status }).toEqual({ command, status });
      if (exactly !== undefined) expect(answer.text, command).toBe(`${exactly}\n`);
      if (hypervisor !== undefined) expect(answer.text.slice(0, hypervisor.length - 1)).toBe(hypervisor.slice(0, -1));
      if (hypervisor !== undefined) expect(answer.text[hypervisor.length - 1], command).toMatch(/[,}]/);
    }
  });

  it('gets the Location of what it created', async () => {
    await anApi(17_000);
    const answer = await fetch('http://localhost:17000/hypervisors', { method: 'POST', body: posted });
    expect(answer.headers.get('location')).toBe(path);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/);
  });

  it('lists hypervisors oldest first, and none as an empty list', async () => {
    const weft = await anApi();
    expect(await must<unknown[]>(weft, 'GET', '/hypervisors')).toEqual([]);
    const names = ['zeta', 'alpha', 'mu'];
    for (const name of names) await must(weft, 'POST', '/hypervisors', { name });
    const list = await must<{ name: string }[]>(weft, 'GET', '/hypervisors');
    expect(list.map(({ name }) => name)).toEqual(names);
  });
});
