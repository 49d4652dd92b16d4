import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ip, Workbench } from '../../../test/support/netns-workbench.ts';
import { until } from '../../../test/support/until.ts';
import { type HostView, type NetnsDriver, openNetnsDriver } from './driver.ts';
import { HostLinks } from './host-links.ts';
import { NamespaceProbe } from './namespace-probe.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { readLinks } from './netlink/links.ts';
import { RouteSocket } from './netlink/socket.ts';
import { unpackView } from './packed-view.ts';
import { HostNamespace } from './thread.ts';
import { view } from './view.ts';

const LABEL = 'weft:test/probe';
const DIRECTORY = '/run/netns';
const STEPS = 80;
let bench: Workbench;
let driver: NetnsDriver;

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
  driver = bench.driver;
});

afterEach(() => bench.clear());

afterAll(() => bench.close());

/** A generator of numbers below a limit, reproducible by its seed (xorshift). */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** In a defined order, since a driver that was just opened reads in the kernel's. */
function sorted({ links, namespaces, addressing }: HostView): HostView {
  const byIndex = (list: HostView['links']) => list.toSorted((one, other) => one.index - other.index);
  return {
    links: byIndex(links),
    namespaces: namespaces
      .map((namespace) => ({ ...namespace, links: byIndex(namespace.links) }))
      .toSorted((one, other) => one.name.localeCompare(other.name)),
    addressing,
  };
}

/** What a driver sees that knows nothing yet: the same program, without a thread for each observation. */
function freshView(): HostView {
  using host = HostNamespace.open();
  using hostLinks = new HostLinks(host.socket);
  const namespaceProbe = new NamespaceProbe(DIRECTORY, host);
  const context = { host, hostLinks, namespaceProbe, directory: new NamespaceDirectory(DIRECTORY, host) };
  return sorted(unpackView(view(context, { namespaces: 'all' })));
}

/** What an operation selects from a view of everything: only its links, and their bridges. */
function selected({ links }: HostView, owner: string, names: readonly string[]): HostView['links'] {
  const own = links.filter(({ alias, name }) => alias?.split(' ')[0] === owner || names.includes(name));
  const masters = new Set(own.map(({ master }) => master));
  return links.filter((link) => own.includes(link) || masters.has(link.index));
}

const BRIDGES = ['lbr0', 'lbr1'];
const PORTS = ['lp0', 'lp1', 'lp2'];
const SPACES = ['ls0', 'ls1'];

/** Manual changes, some of which the kernel refuses in the current state. */
const changes: readonly ((draw: (limit: number) => number) => readonly string[])[] = [
  (draw) => ['link', 'add', pick(PORTS, draw), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pick(SPACES, draw)],
  (draw) => ['link', 'add', pick(PORTS, draw), 'type', 'veth', 'peer', 'name', `q${draw(3)}`],
  (draw) => ['link', 'add', pick(BRIDGES, draw), 'type', 'bridge'],
  (draw) => ['link', 'delete', pick([...PORTS, ...BRIDGES], draw)],
  (draw) => ['-n', pick(SPACES, draw), 'link', 'delete', 'eth0'],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'alias', pick(ALIASES, draw)],
  (draw) => ['link', 'set', 'dev', pick(BRIDGES, draw), 'alias', pick(ALIASES, draw)],
  (draw) => ['-n', pick(SPACES, draw), 'link', 'set', 'dev', 'eth0', 'alias', pick(ALIASES, draw)],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), pick(['up', 'down'], draw)],
  (draw) => ['-n', pick(SPACES, draw), 'link', 'set', 'dev', pick(['eth0', 'lo'], draw), pick(['up', 'down'], draw)],
  (draw) => ['link', 'set', 'dev', pick(BRIDGES, draw), pick(['up', 'down'], draw)],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'master', pick(BRIDGES, draw)],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'nomaster'],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'name', pick(PORTS, draw)],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'mtu', String(1400 + draw(3))],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'group', String(draw(3))],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'address', `02:00:00:00:99:0${draw(9)}`],
  (draw) => ['link', 'set', 'dev', pick(PORTS, draw), 'netns', pick(SPACES, draw)],
  (draw) => [
    '-n',
    pick(SPACES, draw),
    'link',
    'set',
    'dev',
    pick(['eth0', ...PORTS], draw),
    'netns',
    pick(SPACES, draw),
  ],
  (draw) => [
    '-n',
    pick(SPACES, draw),
    'link',
    'set',
    'dev',
    pick(['eth0', ...PORTS], draw),
    'netns',
    String(process.pid),
  ],
  (draw) => ['netns', 'delete', pick(SPACES, draw)],
  (draw) => ['netns', 'add', pick(SPACES, draw)],
  (draw) => ['netns', 'attach', pick(SPACES, draw), String(process.pid)],
];
const ALIASES = ['weft:a/one x y', 'weft:a/one x z', 'weft:a/two x', 'weft:a/one', 'ünïcode ☃ \u0001 " \\', ' '];

function pick<Item>(items: readonly Item[], draw: (limit: number) => number): Item {
  const item = items[draw(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

function tryChange(words: readonly string[]): boolean {
  try {
    ip(...words);
    return true;
  } catch {
    return false;
  }
}

/** A new label on a link of the host that is down: there is no event, and only the next full observation sees it. */
function isSilent(words: readonly string[], { links }: HostView): boolean {
  return words[0] !== '-n' && words.includes('alias') && links.some(({ name, up }) => name === words[3] && !up);
}

/** Whether the other end of each veth of the host is still in a namespace that can be observed. */
function isIdle(): boolean {
  const first = freshView();
  const ends = [first.links, ...first.namespaces.map(({ links }) => links)].flat();
  return first.links.every(({ peer }) => peer === null || ends.some(({ index }) => index === peer));
}

function clearWalk(): void {
  for (const name of SPACES) tryChange(['netns', 'delete', name]);
  for (const name of [...PORTS, ...BRIDGES, 'eth0', 'q0', 'q1', 'q2']) tryChange(['link', 'delete', name]);
}

describe('a driver with a cache', () => {
  test.for([1, 20])('sees the same as a new one after each manual change, walk %i', async (seed) => {
    onTestFinished(clearWalk);
    const draw = random(seed);
    await driver.view('all');
    let changed = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const words = pick(changes, draw)(draw);
      if (!tryChange(words)) continue;
      changed += 1;
      const owner = 'weft:a/one';
      const names = [PORTS[0] ?? '', 'nothing', 'a name that no link can have'];
      // The kernel frees a namespace asynchronously, and with it the other ends of its links.
      if (words.includes('delete')) await until('the kernel is done', isIdle);
      const { links } = await driver.view([], { owners: [owner], aliases: [], names });
      const whole = freshView();
      const byIndex = links.toSorted((one, other) => one.index - other.index);
      if (!isSilent(words, whole)) {
        expect(byIndex, `selected after ${words.join(' ')}`).toEqual(selected(whole, owner, names));
      }
      expect(sorted(await driver.view('all')), `all after ${words.join(' ')}`).toEqual(whole);
    }
    expect(changed).toBeGreaterThan(STEPS / 4);
  });

  test('sees links that another driver has made and not yet set up', async () => {
    await driver.view([], { owners: [], aliases: [], names: [] });
    const other = await openNetnsDriver();
    onTestFinished(() => other.close());
    await other.createNamespace({ name: 'lk', label: `${LABEL}/lk` });
    await other.createBridge({ name: 'lkb', alias: `${LABEL}/net lkb`, mac: '02:00:00:00:ff:ff', up: false });
    const outside = { ...bench.end(null, 'lk.0', 0x201, 'lkb'), alias: `${LABEL}/net lk.0`, up: false };
    await other.createVeth({ ends: [bench.end('lk', 'eth0', 0x101), outside] });
    const { links } = await driver.view([], { owners: [`${LABEL}/net`], aliases: [], names: [] });
    expect(links.map(({ name, up }) => [name, up])).toEqual([
      ['lkb', false],
      ['lk.0', false],
    ]);
    const port = await driver.view([], { owners: [], aliases: [outside.alias], names: [] });
    expect(port.links.map(({ name }) => name).sort()).toEqual(['lk.0', 'lkb']);
    await driver.deleteLinks({ namespace: null, aliases: [`${LABEL}/net lk.0`] });
    expect((await other.view([], { owners: [], aliases: [], names: ['lk.0'] })).links).toEqual([]);
  });
});

describe('changes without an event', () => {
  test('a link that is relabelled while it is down is not deleted for its old label', async () => {
    await bench.makeBridge('relabelled');
    onTestFinished(() => void tryChange(['link', 'delete', 'relabelled']));
    ip('link', 'set', 'dev', 'relabelled', 'down');
    await driver.view('all');
    ip('link', 'set', 'dev', 'relabelled', 'alias', 'mine now');
    await driver.deleteLinks({ namespace: null, aliases: [`${LABEL}/relabelled`] });
    const { links } = await driver.view([], { owners: [], aliases: [], names: ['relabelled'] });
    expect(links).toMatchObject([{ name: 'relabelled', alias: 'mine now' }]);
  });

  test('the new index of a link’s other end after a move', async () => {
    onTestFinished(clearWalk);
    for (const name of SPACES) ip('netns', 'add', name);
    const here = String(process.pid);
    ip('-n', 'ls0', 'link', 'add', 'eth0', 'index', '777', 'type', 'veth', 'peer', 'name', 'lp0', 'netns', here);
    ip('link', 'set', 'dev', 'lp0', 'up');
    ip('-n', 'ls1', 'link', 'add', 'taken', 'index', '777', 'type', 'bridge');
    const peers = async () => {
      const { links } = await driver.view(['ls1'], { owners: [], aliases: [], names: ['lp0'] });
      return links.map(({ peer }) => peer);
    };
    expect(await peers()).toEqual([777]);
    ip('-n', 'ls0', 'link', 'set', 'dev', 'eth0', 'netns', 'ls1');
    const index = Number(/^(\d+): eth0/.exec(ip('-n', 'ls1', '-o', 'link', 'show', 'dev', 'eth0'))?.[1]);
    expect(index).not.toBe(777);
    expect(await peers()).toEqual([index]);
  });
});

describe('the links of the host', () => {
  test('are read again when the kernel dropped an event', () => {
    using socket = RouteSocket.open();
    using links = new HostLinks(socket, { bufferBytes: 1 });
    expect(links.all()).toEqual(readLinks(socket));
    const names = Array.from({ length: 20 }, (_, number) => `lost${number}`);
    onTestFinished(() => {
      for (const name of names) tryChange(['link', 'delete', name]);
    });
    for (const name of names) ip('link', 'add', name, 'up', 'type', 'bridge');
    expect(links.select({ owners: [], aliases: [], names }).map(({ name }) => name)).toEqual(names);
    expect(links.all()).toEqual(readLinks(socket));
  });
});
