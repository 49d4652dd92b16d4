import { describe, expect, test } from 'vitest';
import type { HostView, Link } from './host-view.ts';
import { packView } from './packed-view.ts';
import type { Call, Verbs, ViewRequest } from './protocol.ts';
import { type CallFirst, Sharing } from './sharing.ts';

const names = (count: number) => Array.from({ length: count }, (_, number) => `n${number}`);
const namespaces = (count: number) => names(count).map((name) => ({ name, label: 'weft:test/sharing' }));

interface Asked {
  readonly thread: 'first' | 'second';
  readonly verb: Call['verb'];
  readonly names: readonly string[];
}

function link(index: number, peer: number | null): Link {
  return { index, name: 'eth0', alias: null, kind: 'veth', mac: null, mtu: 1500, up: true, master: null, peer };
}

/** Two threads of which each sees one link in each namespace, the other end of a link of the host. */
function threads({ hostPeers = (index: number) => index + 1000, hasSecond = true, refuses = '' } = {}) {
  const asked: Asked[] = [];
  let hostReads = 0;
  const execute = async (thread: Asked['thread'], verb: Call['verb'], request: unknown): Promise<unknown> => {
    if (verb !== 'view') {
      const wanted = (request as ReturnType<typeof namespaces>).map(({ name }) => name);
      asked.push({ thread, verb, names: wanted });
      if (wanted.includes(refuses)) throw new Error(`refused ${refuses}`);
      return null;
    }
    const { namespaces: wanted, links } = request as ViewRequest;
    if (wanted === 'all') throw new Error('not asked for here');
    asked.push({ thread, verb, names: wanted });
    const numbers = wanted.map((name) => Number(name.slice(1)) + 1);
    const onHost = links?.names.includes('ports') === true;
    if (onHost) hostReads += 1;
    const view: HostView = {
      links: onHost
        ? names(40).map((_, number) => link(number + 1, hostReads > 1 ? number + 1001 : hostPeers(number + 1)))
        : [],
      namespaces: numbers.map((number) => ({
        name: `n${number - 1}`,
        label: null,
        mounted: true,
        links: [link(number + 1000, number)],
        addressing: null,
      })),
      addressing: null,
    };
    return packView(view);
  };
  const first: CallFirst = async (verb, request) => (await execute('first', verb, request)) as never;
  const second = { call: (verb: keyof Verbs, request: unknown) => execute('second', verb, request) };
  return { asked, sharing: new Sharing(first, { take: () => (hasSecond ? second : null) }) };
}

const ports = { owners: [], aliases: [], names: ['ports'] };

describe('many namespaces', () => {
  test('are divided among both threads', async () => {
    const { asked, sharing } = threads();
    await sharing.each('createNamespaces', namespaces(17));
    expect(asked.map(({ thread, names: some }) => [thread, some.length])).toEqual([
      ['first', 9],
      ['second', 8],
    ]);
    expect(asked.flatMap(({ names: some }) => some)).toEqual(names(17));
  });

  test.each([
    ['few', 15, true],
    ['without a second thread', 40, false],
  ])('are not divided: %s', async (_, count, hasSecond) => {
    const { asked, sharing } = threads({ hasSecond });
    await sharing.each('createNamespaces', namespaces(count));
    await sharing.view({ namespaces: names(count) });
    expect(asked.map(({ thread, names: some }) => [thread, some.length])).toEqual([
      ['first', count],
      ['first', count],
    ]);
  });

  test.each(['n3', 'n35'])('%s is refused: that is told when both threads have ended', async (refuses) => {
    const { asked, sharing } = threads({ refuses });
    await expect(sharing.each('createNamespaces', namespaces(40))).rejects.toThrow(`refused ${refuses}`);
    expect(asked).toHaveLength(2);
  });
});

describe('a view of many', () => {
  test('has the namespaces in their order and the links of the host once', async () => {
    const { asked, sharing } = threads();
    const seen = await sharing.view({ namespaces: names(40), links: ports });
    expect(seen.namespaces.map(({ name }) => name)).toEqual(names(40));
    expect(seen.links).toHaveLength(40);
    expect(asked.map(({ thread }) => thread)).toEqual(['first', 'second']);
  });

  test('is read again by the first thread if an end in the other half contradicts a link of the host', async () => {
    const { asked, sharing } = threads({ hostPeers: (index) => (index === 38 ? 7 : index + 1000) });
    const seen = await sharing.view({ namespaces: names(40), links: ports });
    expect(asked.map(({ thread, names: some }) => [thread, some.length])).toEqual([
      ['first', 20],
      ['second', 20],
      ['first', 40],
    ]);
    expect(seen.links.map(({ peer }) => peer)).toEqual(names(40).map((_, number) => number + 1001));
  });
});
