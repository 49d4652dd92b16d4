import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Workbench } from '../../../test/support/netns-workbench.ts';
import { changeLink, deleteLinks } from './changes.ts';
import { HostLinks } from './host-links.ts';
import { NamespaceProbe } from './namespace-probe.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { type Context, IndexSource } from './netns-handle.ts';
import { unpackView } from './packed-view.ts';
import { HostNamespace } from './thread.ts';
import { view } from './view.ts';

const LABEL = 'weft:test/probe-cost';
const DIRECTORY = '/run/netns';
/** Bytes of requests to the kernel and of its answers, and the number of calls; events arrive at any time. */
const traffic = vi.hoisted(() => ({ calls: 0, bytes: 0 }));

vi.mock('./syscalls.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('./syscalls.ts')>();
  const counted = <Result>(result: Result, bytes: number): Result => {
    traffic.calls += 1;
    traffic.bytes += bytes;
    return result;
  };
  const lengthOf = (received: unknown): number => (typeof received === 'number' ? received : 0);
  return {
    ...original,
    send: (socket: number, data: Buffer, action: string) => counted(original.send(socket, data, action), data.length),
    receive: (socket: number, into: Buffer, action: string) => {
      const received = original.receive(socket, into, action);
      return counted(received, lengthOf(received));
    },
  };
});

let bench: Workbench;
let context: Context;
const opened: Disposable[] = [];

/** What the driver's thread uses, in this thread, so that its calls can be counted. */
beforeEach(async () => {
  bench = await Workbench.open(LABEL);
  const host = HostNamespace.open();
  const hostLinks = new HostLinks(host.socket);
  opened.push(hostLinks, host);
  context = {
    host,
    hostLinks,
    namespaceProbe: new NamespaceProbe(DIRECTORY, host),
    directory: new NamespaceDirectory(DIRECTORY, host),
    indexes: new IndexSource(),
  };
});

afterEach(async () => {
  for (const each of opened.splice(0)) each[Symbol.dispose]();
  await bench.clear();
  await bench.close();
});

/** Containers of a network, from one number to another: each a namespace and a port of the network's bridge. */
async function make(network: string, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, number) => from + number);
  const { driver } = bench;
  await driver.createNamespaces(numbers.map((number) => ({ name: `k${number}`, label: `${LABEL}/k${number}` })));
  await driver.createBridge({ name: network, alias: `${LABEL}/${network} ${network}`, mac: '02:00:00:00:ff:ff' });
  await driver.createVeths(
    numbers.map((number) => {
      const outside = bench.end(null, `k${number}.0`, 0x1000 + number, network);
      return {
        ends: [
          bench.end(`k${number}`, 'eth0', number),
          { ...outside, alias: `${LABEL}/${network} k${number}.0`, up: false },
        ],
      };
    }),
  );
  const ports = numbers.map((number) => ({
    namespace: null,
    name: `k${number}.0`,
    alias: `${LABEL}/${network} k${number}.0`,
  }));
  await driver.enableLinks({ links: ports });
}

function cost(work: () => unknown): { calls: number; bytes: number } {
  context.hostLinks.listen();
  Object.assign(traffic, { calls: 0, bytes: 0 });
  work();
  return { ...traffic };
}

/** The requests of one container's operation: observation, changes, observation again. */
function costs(): Record<string, { calls: number; bytes: number }> {
  const selection = { owners: [`${LABEL}/own`], aliases: [], names: ['own', 'k0.0', 'k1.0', 'k2.0', 'new.0'] };
  const observe = () => view(context, { namespaces: ['k0', 'k1', 'k2'], links: selection });
  expect(unpackView(observe()).links.map(({ name }) => name)).toHaveLength(4);
  const change = (up: boolean) => () =>
    changeLink(context, { namespace: null, alias: `${LABEL}/own k1.0`, up, bridge: 'own' });
  return {
    observed: cost(observe),
    down: cost(change(false)),
    up: cost(change(true)),
    nothing: cost(() => deleteLinks(context, { namespace: null, aliases: [`${LABEL}/own gone`, `${LABEL}/own too`] })),
  };
}

test('the reads of an operation do not depend on the size of the host', async () => {
  await make('own', 0, 3);
  await make('other', 3, 13);
  const few = costs();
  await make('another', 13, 113);
  const many = costs();
  expect(many).toEqual(few);
  expect(few).toMatchObject({ observed: { calls: expect.any(Number) }, nothing: { calls: 0, bytes: 0 } });
});
