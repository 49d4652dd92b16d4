import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { LibvirtDaemon, virsh } from '../../../test/support/libvirt-daemon.ts';
import { until } from '../../../test/support/until.ts';
import { type LibvirtDriver, LibvirtError, type LibvirtEvent, openLibvirtDriver, type Reference } from './driver.ts';

/* Guests of QEMU under its own emulation, without disks: they never boot. */

const NAMESPACE = 'urn:test:label';

let daemon: LibvirtDaemon;
let driver: LibvirtDriver;
const heard: LibvirtEvent[] = [];

beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
  driver = await openLibvirtDriver({ path: daemon.socket, namespace: NAMESPACE, pauseFirst: 10, pauseLongest: 50 });
  driver.subscribe((event) => heard.push(event));
});

afterEach(async () => {
  for (const domain of await driver.domains.list()) {
    await driver.domains.destroy(domain);
    await driver.domains.undefine(domain);
  }
  for (const network of await driver.networks.list()) {
    await driver.networks.destroy(network);
    await driver.networks.undefine(network);
  }
});

afterAll(async () => {
  await driver.close();
  await daemon.stop();
});

function domainXml({ uuid, name }: Reference, inside = ''): string {
  return `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>16</memory><vcpu>1</vcpu>
    <metadata><l:resource xmlns:l='${NAMESPACE}' of='${name}'/></metadata>
    <os><type arch='x86_64' machine='pc'>hvm</type></os>${inside}</domain>`;
}

function networkXml({ uuid, name }: Reference, bridge: string): string {
  return `<network><name>${name}</name><uuid>${uuid}</uuid><bridge name='${bridge}'/></network>`;
}

async function define(name: string): Promise<Reference> {
  const domain = { uuid: randomUUID(), name };
  await driver.domains.define(domain, domainXml(domain));
  return domain;
}

async function stateOf({ uuid }: Reference): Promise<string> {
  const domain = await driver.domains.describe(uuid);
  return domain === null ? 'missing' : `${domain.state} (${domain.reason})`;
}

/** What virsh says: the same, word for word. */
async function virshStateOf({ name }: Reference): Promise<string> {
  return (await virsh(daemon, 'domstate', '--reason', name)).output.trim();
}

function signalGuests(signal: NodeJS.Signals): void {
  for (const pid of daemon.guests()) process.kill(pid, signal);
}

async function errorOf(call: Promise<unknown>): Promise<LibvirtError> {
  const reason = await call.catch((error: unknown) => error);
  if (reason instanceof LibvirtError) return reason;
  throw new Error('it was not rejected with a LibvirtError');
}

/** The events of a domain since a place in all of them. */
function lifecycle({ uuid }: Reference, from = 0): string[] {
  return heard
    .slice(from)
    .flatMap((event) => (event.kind === 'domain' && event.uuid === uuid ? [`${event.event} ${event.detail}`] : []));
}

test('the host', async () => {
  const [version, node, capabilities] = await Promise.all([
    driver.host.version(),
    driver.host.node(),
    driver.host.capabilities(),
  ]);
  const words = (await virsh(daemon, 'version')).output;
  expect(words).toContain(`Using library: libvirt ${version.library}`);
  expect(words).toContain(`Running hypervisor: QEMU ${version.hypervisor}`);
  expect((await virsh(daemon, 'nodeinfo')).output).toMatch(new RegExp(`Memory size: +${node.memoryKib} KiB`));
  expect(node.model).toMatch(/^\w+$/);
  expect(capabilities).toMatch(/^<capabilities>/);
});

test('the life of a domain, in the words of virsh', async () => {
  const domain = await define('life');
  const seen: string[] = [];
  const see = async () => {
    const state = await stateOf(domain);
    expect(state).toBe(await virshStateOf(domain));
    seen.push(state);
  };
  await see();
  for (const verb of ['start', 'suspend', 'resume', 'reset', 'destroy'] as const) {
    await driver.domains[verb](domain);
    await see();
  }
  expect(seen).toEqual([
    'shut off (unknown)',
    'running (booted)',
    'paused (user)',
    'running (unpaused)',
    'running (unpaused)',
    'shut off (destroyed)',
  ]);
  await driver.domains.undefine(domain);
  expect(await driver.domains.describe(domain.uuid)).toBeNull();
  await until('all events have arrived', () => lifecycle(domain).includes('undefined removed'));
  // QEMU itself resumes what it starts, and shuts down what is stopped.
  const own = lifecycle(domain).filter((words) => !/^(resumed|shutdown)/.test(words));
  expect(own).toEqual([
    ...['defined added', 'started booted', 'suspended paused', 'stopped destroyed', 'undefined removed'],
  ]);
  expect(lifecycle(domain)).toContain('resumed unpaused');
  expect(heard).toContainEqual({ kind: 'reboot', ...domain });
});

test('what is done already succeeds', async () => {
  const domain = await define('again');
  await driver.domains.destroy(domain);
  await driver.domains.shutdown(domain);
  await driver.domains.start(domain);
  await driver.domains.start(domain);
  await driver.domains.resume(domain);
  await driver.domains.suspend(domain);
  await driver.domains.suspend(domain);
  await driver.domains.start(domain);
  await driver.domains.destroy(domain);
  await driver.domains.undefine(domain);
  await driver.domains.undefine(domain);
  await driver.domains.destroy(domain);
});

test('what the state does not permit is refused, with the words of libvirt', async () => {
  const domain = await define('refused');
  expect(await errorOf(driver.domains.resume(domain))).toMatchObject({
    ...{ code: 'state', action: 'domainResume', number: 55, domain: 20, transient: false },
    text: 'Requested operation is not valid: domain is not running',
  });
  expect((await errorOf(driver.domains.reset(domain))).code).toBe('state');
  const missing = { uuid: randomUUID(), name: 'nobody' };
  expect(await errorOf(driver.domains.start(missing))).toMatchObject({
    ...{ code: 'missing', number: 42 },
    text: `Domain not found: no domain with matching uuid '${missing.uuid}' (nobody)`,
  });
  expect((await errorOf(driver.domains.liveXml(missing))).code).toBe('missing');
});

test('a definition that is wrong, or whose name is taken', async () => {
  const domain = await define('taken');
  const other = { uuid: randomUUID(), name: domain.name };
  expect(await errorOf(driver.domains.define(other, domainXml(other)))).toMatchObject({ code: 'exists', number: 9 });
  const third = { uuid: randomUUID(), name: 'third' };
  expect((await errorOf(driver.domains.define(third, domainXml(third, '<nonsense/>')))).code).toBe('invalid');
  expect((await errorOf(driver.domains.define(third, '<domain'))).code).toBe('invalid');
  // The same again changes it.
  await driver.domains.define(domain, domainXml(domain, '<on_crash>preserve</on_crash>'));
  expect((await driver.domains.describe(domain.uuid))?.xml).toContain('<on_crash>preserve</on_crash>');
});

test('all domains are described, as each alone', async () => {
  const domains = await Promise.all(['one', 'two', 'three'].map(define));
  const [one, two, three] = domains;
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three');
  await Promise.all([driver.domains.start(one), driver.domains.start(two), driver.domains.setAutostart(three, true)]);
  await virsh(daemon, 'managedsave', two.name);
  // A domain without a definition, and without metadata of ours.
  await virsh(daemon, 'undefine', one.name);
  const described = await driver.domains.describeAll();
  const facts = described.map(({ name, state, persistent, autostart, hasManagedSave }) => ({
    ...{ name, state, persistent, autostart, hasManagedSave },
  }));
  expect(facts).toHaveLength(3);
  const plain = { persistent: true, autostart: false, hasManagedSave: false };
  expect(facts).toContainEqual({ ...plain, name: 'one', state: 'running', persistent: false });
  expect(facts).toContainEqual({ ...plain, name: 'two', state: 'shut off', hasManagedSave: true });
  expect(facts).toContainEqual({ ...plain, name: 'three', state: 'shut off', autostart: true });
  for (const domain of described) expect(await driver.domains.describe(domain.uuid)).toStrictEqual(domain);
  expect(described.find(({ name }) => name === 'two')?.metadata).toMatch(/of=["']two["']/);
  expect((await driver.domains.list()).map(({ uuid }) => uuid).sort()).toEqual(domains.map(({ uuid }) => uuid).sort());
  await driver.domains.undefine(two);
  expect(await driver.domains.describe(two.uuid)).toBeNull();
  // It has no definition already.
  await driver.domains.undefine(one);
  expect(await stateOf(one)).toBe('running (booted)');
});

test('metadata of others is not ours', async () => {
  const domain = { uuid: randomUUID(), name: 'foreign' };
  await driver.domains.define(domain, domainXml(domain).replace(NAMESPACE, 'urn:test:other'));
  expect(await driver.domains.describe(domain.uuid)).toMatchObject({ metadata: null });
});

test('metadata is set while a domain is running, and removed', async () => {
  const domain = await define('labelled');
  const metadata = async () => (await driver.domains.describe(domain.uuid))?.metadata;
  await driver.domains.start(domain);
  await driver.domains.setMetadata(domain, { prefix: 'l', xml: `<resource of='other' generation='2'/>` });
  expect(await metadata()).toMatch(/of=["']other["'].*generation=["']2["']/);
  for (const xml of [await driver.domains.liveXml(domain), (await driver.domains.describe(domain.uuid))?.xml]) {
    expect(xml).toMatch(/<l:resource .*generation=["']2["']/);
  }
  await driver.domains.setMetadata(domain, null);
  await driver.domains.setMetadata(domain, null);
  expect(await metadata()).toBeNull();
  expect(await driver.domains.liveXml(domain)).not.toContain('l:resource');
});

test('memory and virtual CPUs from the next start on', async () => {
  const domain = await define('resized');
  await driver.domains.start(domain);
  for (const [mib, vcpus] of [
    [24, 3],
    [20, 2],
  ] as const) {
    await driver.domains.setMemory(domain, mib * 1024);
    await driver.domains.setVcpus(domain, vcpus);
    const xml = (await driver.domains.describe(domain.uuid))?.xml;
    expect(xml).toMatch(new RegExp(`<memory unit='KiB'>${mib * 1024}</memory>`));
    expect(xml).toMatch(new RegExp(`<currentMemory unit='KiB'>${mib * 1024}</currentMemory>`));
    expect(xml).toMatch(new RegExp(`<vcpu placement='static'>${vcpus}</vcpu>`));
  }
  expect(await driver.domains.liveXml(domain)).toContain("<memory unit='KiB'>16384</memory>");
});

test('the life of a network', async () => {
  const network = { uuid: randomUUID(), name: 'net:1' };
  await driver.networks.define(network, networkXml(network, 'test-br0'));
  const find = async () => (await driver.networks.list()).map(({ xml: _, ...rest }) => rest);
  const plain = { ...network, bridge: 'test-br0', active: false, persistent: true, autostart: false };
  expect(await find()).toEqual([plain]);
  await driver.networks.setAutostart(network, true);
  await driver.networks.start(network);
  await driver.networks.start(network);
  expect(await find()).toEqual([{ ...plain, active: true, autostart: true }]);
  expect((await virsh(daemon, 'net-list', '--all')).output).toMatch(/^ net:1 +active +yes +yes$/m);
  expect((await driver.networks.list())[0]?.xml).toContain('<name>net:1</name>');
  await driver.networks.undefine(network);
  expect(await find()).toEqual([{ ...plain, active: true, persistent: false }]);
  await driver.networks.undefine(network);
  await driver.networks.destroy(network);
  await driver.networks.destroy(network);
  expect(await find()).toEqual([]);
  const words = () =>
    heard.flatMap((event) => (event.kind === 'network' && event.uuid === network.uuid ? [event.event] : []));
  await until('all events have arrived', () => words().includes('stopped'));
  expect(words()).toEqual(['defined', 'started', 'undefined', 'stopped']);
});

test('networks that cannot be', async () => {
  const network = { uuid: randomUUID(), name: 'first' };
  await driver.networks.define(network, networkXml(network, 'test-br1'));
  await driver.networks.destroy(network);
  const other = { uuid: randomUUID(), name: 'first' };
  expect((await errorOf(driver.networks.define(other, networkXml(other, 'test-br2')))).code).toBe('exists');
  expect((await errorOf(driver.networks.define(other, '<network'))).code).toBe('invalid');
  expect((await errorOf(driver.networks.start(other))).code).toBe('missing');
});

test('events before and after libvirtd was killed, under calls, and started again', async () => {
  const domain = await define('survivor');
  await driver.domains.start(domain);
  await until('the start was told', () => lifecycle(domain).includes('started booted'));
  const before = heard.length;
  daemon.pause();
  const pending = Promise.all(Array.from({ length: 20 }, () => errorOf(driver.domains.list())));
  await daemon.kill();
  expect(new Set((await pending).map(({ code }) => code))).toEqual(new Set(['away']));
  await until('it is known to be away', () => !driver.health().available);
  expect(await errorOf(driver.domains.list())).toMatchObject({ code: 'away', transient: true });
  await daemon.start();
  await until('there is a connection again', () => heard.slice(before).some(({ kind }) => kind === 'everything'));
  await until('all connections are open again', () => driver.health().available);
  expect(await stateOf(domain)).toBe('running (booted)');
  await virsh(daemon, 'suspend', domain.name);
  await until('events arrive again', () => lifecycle(domain, before).includes('suspended paused'));
});

test('a guest whose process is killed', async () => {
  const domain = await define('killed');
  await driver.domains.start(domain);
  signalGuests('SIGKILL');
  await until('its end was told', () => lifecycle(domain).includes('stopped failed'));
  expect(await stateOf(domain)).toBe(await virshStateOf(domain));
});

test('guests that hang hold up neither what reads, nor changes of others for longer than their deadline', async () => {
  const log: string[] = [];
  const impatient = await openLibvirtDriver({
    ...{ path: daemon.socket, namespace: NAMESPACE, pauseFirst: 10, deadlines: { changeMs: 1_000 } },
    log: (_level, text) => log.push(text),
  });
  onTestFinished(() => impatient.close());
  const guests = await Promise.all(['hung-1', 'hung-2', 'hung-3', 'hung-4'].map(define));
  const other = await define('other');
  for (const guest of guests) await driver.domains.start(guest);
  signalGuests('SIGSTOP');
  onTestFinished(() => signalGuests('SIGCONT'));
  const hanging = guests.map((guest) => errorOf(impatient.domains.reset(guest)));
  expect(await impatient.domains.list()).toHaveLength(5);
  const codes = (await Promise.all(hanging)).map(({ code }) => code);
  expect(codes).toEqual(['timeout', 'timeout', 'timeout', 'timeout']);
  await until('the connection was opened again', () => log.length === 2);
  expect(log[0]).toContain('libvirtd works on nothing but calls that are past their deadlines');
  await impatient.domains.setAutostart(other, true);
  expect(await impatient.domains.describe(other.uuid)).toMatchObject({ autostart: true });
  signalGuests('SIGCONT');
});

test('libvirtd that is started after the driver', async () => {
  const absent = await openLibvirtDriver({ path: '/run/libvirt-absent', namespace: NAMESPACE });
  expect(absent.health()).toEqual({ available: false, reason: expect.stringContaining('ENOENT') });
  expect((await errorOf(absent.domains.list())).code).toBe('away');
  await absent.close();
});
