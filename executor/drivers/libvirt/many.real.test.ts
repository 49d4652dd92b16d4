import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LibvirtDaemon } from '../../../test/support/libvirt-daemon.ts';
import { type LibvirtDriver, openLibvirtDriver, type Reference } from './driver.ts';

/* 500 domains of libvirt's test driver, which lives as long as its connection. */

const COUNT = 500;
const NAMESPACE = 'urn:test:label';

let daemon: LibvirtDaemon;
let driver: LibvirtDriver;
const domains: readonly Reference[] = Array.from({ length: COUNT }, (_, number) => ({
  ...{ uuid: randomUUID(), name: `many-${number}` },
}));

beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
  driver = await openLibvirtDriver({ path: daemon.socket, uri: 'test:///default', namespace: NAMESPACE });
  const start = async (domain: Reference, number: number): Promise<void> => {
    await driver.domains.define(domain, domainXml(domain));
    if (number % 2 === 0) await driver.domains.start(domain);
  };
  await Promise.all(domains.map(start));
});

afterAll(async () => {
  await driver.close();
  await daemon.stop();
});

function domainXml({ uuid, name }: Reference): string {
  return `<domain type='test'><name>${name}</name><uuid>${uuid}</uuid><memory>8192</memory>
    <metadata><l:resource xmlns:l='${NAMESPACE}' of='${name}'/></metadata><os><type>hvm</type></os></domain>`;
}

/** Without that which every test driver has. */
function ours<Domain extends Reference>(all: readonly Domain[]): Domain[] {
  return all.filter(({ name }) => name !== 'test');
}

test('all are listed with their states', async () => {
  const listed = ours(await driver.domains.list());
  expect(listed).toHaveLength(COUNT);
  const states = new Map(listed.map(({ uuid, state, id }) => [uuid, { state, active: id !== null }]));
  for (const [number, { uuid }] of domains.entries()) {
    const active = number % 2 === 0;
    expect(states.get(uuid)).toEqual({ state: active ? 'running' : 'shut off', active });
  }
});

test('all are described, each with its own definition', async () => {
  const described = ours(await driver.domains.describeAll());
  expect(described).toHaveLength(COUNT);
  for (const { name, uuid, xml, metadata } of described) {
    expect(xml).toContain(`<uuid>${uuid}</uuid>`);
    expect(metadata).toMatch(new RegExp(`of=["']${name}["']`));
  }
});

test('the network that every test driver has, whose definition cannot be asked for with flags', async () => {
  const [network, ...others] = await driver.networks.list();
  expect([network, others]).toMatchObject([{ name: 'default', active: true, persistent: true, bridge: 'virbr0' }, []]);
  expect(network?.xml).toContain('<name>default</name>');
});
