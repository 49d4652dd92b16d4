import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ip, linkInWords, macOf, pings, refusalOf, Workbench } from '../../../test/support/netns-workbench.ts';
import { canUseNetns, type HostView, type NetnsDriver, openNetnsDriver } from './driver.ts';

const LABEL = 'weft:test/driver';
let bench: Workbench;
let driver: NetnsDriver;

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
  driver = bench.driver;
});

afterEach(() => bench.clear());

afterAll(() => bench.close());

function linkNames(view: HostView, namespace: string): (string | undefined)[] {
  return view.namespaces.find(({ name }) => name === namespace)?.links.map(({ name }) => name) ?? [];
}

describe('traffic', () => {
  test('two namespaces joined by a wire', async () => {
    await bench.makeNamespaces('wa', 'wb');
    await driver.createVeth({ ends: [bench.end('wa', 'eth0', 1), bench.end('wb', 'eth0', 2)] });
    ip('-n', 'wa', 'address', 'add', '10.9.0.1/24', 'dev', 'eth0');
    ip('-n', 'wb', 'address', 'add', '10.9.0.2/24', 'dev', 'eth0');
    expect(pings('wa', '10.9.0.2')).toBe(true);
    expect(pings('wb', '10.9.0.1')).toBe(true);
  });

  test('three namespaces on a bridge, in which the host takes no part', async () => {
    const names = ['ba', 'bb', 'bc'];
    await bench.makeNamespaces(...names);
    await bench.makeBridge('tb0');
    for (const [position, name] of names.entries()) {
      const inside = bench.end(name, 'eth0', 0x110 + position);
      const port = bench.end(null, `tb0.${position}`, 0x120 + position, 'tb0');
      await driver.createVeth({ ends: position === 1 ? [inside, port] : [port, inside] });
      ip('-n', name, 'address', 'add', `10.9.1.${position + 1}/24`, 'dev', 'eth0');
    }
    expect(pings('ba', '10.9.1.2')).toBe(true);
    expect(pings('bb', '10.9.1.3')).toBe(true);
    expect(pings('bc', '10.9.1.1')).toBe(true);
    for (const [position, name] of names.entries()) {
      ip('-n', name, 'address', 'add', `fd00::${position + 1}/64`, 'dev', 'eth0', 'nodad');
    }
    expect(pings('ba', 'fd00::2')).toBe(true);
    for (const name of ['tb0', 'tb0.0', 'tb0.1', 'tb0.2']) {
      expect(ip('address', 'show', 'dev', name)).not.toContain('inet');
      expect(readFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, 'utf8')).toBe('1\n');
    }
    expect(linkInWords(null, 'tb0')).toContain('stp_state 0');
  });
});

describe('namespaces', () => {
  test('iproute2 lists weft’s namespaces and deletes them like its own', async () => {
    await bench.makeNamespaces('na', 'nb');
    expect(ip('netns', 'list')).toMatch(/^na\b/m);
    expect(ip('netns', 'exec', 'na', 'ip', '-br', 'link', 'show', 'dev', 'lo')).toContain('LOOPBACK,UP');
    expect(linkInWords('na', 'lo')).toContain(`alias ${LABEL}/na`);
    ip('netns', 'delete', 'na');
    const { namespaces } = await driver.view(['na', 'nb']);
    expect(namespaces.map(({ name, label, mounted }) => ({ name, label, mounted }))).toEqual([
      { name: 'nb', label: `${LABEL}/nb`, mounted: true },
    ]);
  });

  test('creating and deleting are idempotent', async () => {
    await bench.makeNamespaces('ra');
    const before = ip('netns', 'exec', 'ra', 'readlink', '/proc/self/ns/net');
    await bench.makeNamespaces('ra');
    expect(ip('netns', 'exec', 'ra', 'readlink', '/proc/self/ns/net')).toBe(before);
    await driver.deleteNamespace({ name: 'ra', label: `${LABEL}/ra` });
    await driver.deleteNamespace({ name: 'ra', label: `${LABEL}/ra` });
    expect(ip('netns', 'list')).not.toMatch(/^ra\b/m);
  });

  test('deleting one takes its veths, and their other ends, with it', async () => {
    await bench.makeNamespaces('da');
    await driver.createVeth({ ends: [bench.end(null, 'da.0', 1), bench.end('da', 'eth0', 2)] });
    await driver.createVeth({ ends: [bench.end(null, 'da.1', 3), bench.end('da', 'eth1', 4)] });
    await driver.deleteNamespace({ name: 'da', label: `${LABEL}/da` });
    const { links } = await driver.view([]);
    expect(links.filter(({ name }) => name.startsWith('da.'))).toEqual([]);
  });

  test('a veth with an end in a missing namespace', async () => {
    const refused = await refusalOf(
      driver.createVeth({ ends: [bench.end(null, 'ma', 1), bench.end('nowhere', 'eth0', 2)] }),
    );
    expect(refused).toMatchObject({ code: 'missing', message: 'create veth ma: namespace nowhere not found' });
    expect((await driver.view(['nowhere'])).namespaces).toEqual([]);
  });

  test('the directory is made a mount point, as iproute2 does', async () => {
    const directory = mkdtempSync('/run/netns/plain-');
    const other = await openNetnsDriver({ directory: `${directory}/names` });
    const request = { name: 'pa', label: `${LABEL}/pa` };
    try {
      expect((await other.view('all')).namespaces).toEqual([]);
      expect((await other.view(['pa'])).namespaces).toEqual([]);
      await other.deleteNamespace(request);
      await other.createNamespace(request);
      expect((await other.view('all')).namespaces).toMatchObject([{ name: 'pa', label: request.label, mounted: true }]);
      await other.deleteNamespace(request);
      expect(readdirSync(`${directory}/names`)).toEqual([]);
    } finally {
      await other.close();
      execFileSync('umount', ['--lazy', `${directory}/names`]);
      rmSync(directory, { recursive: true });
    }
  });

  test('an invalid name is refused', async () => {
    for (const name of ['../x', '.x', 'a/b', '']) {
      expect(await refusalOf(driver.createNamespace({ name, label: LABEL }))).toMatchObject({ code: 'invalid' });
      expect(await refusalOf(driver.deleteNamespace({ name, label: LABEL }))).toMatchObject({ code: 'invalid' });
      expect(await refusalOf(driver.view([name]))).toMatchObject({ code: 'invalid' });
    }
  });
});

describe('links', () => {
  test('bear their labels, and names of fifteen bytes', async () => {
    await bench.makeNamespaces('la');
    await driver.createVeth({ ends: [bench.end(null, 'fifteen-bytes-a', 1), bench.end('la', 'fifteen-bytes-b', 2)] });
    expect(linkInWords(null, 'fifteen-bytes-a')).toContain(`alias ${LABEL}/host/fifteen-bytes-a`);
    expect(linkInWords('la', 'fifteen-bytes-b')).toContain(`alias ${LABEL}/la/fifteen-bytes-b`);
    const view = await driver.view(['la']);
    const outer = view.links.find(({ name }) => name === 'fifteen-bytes-a');
    const inner = view.namespaces[0]?.links.find(({ name }) => name === 'fifteen-bytes-b');
    expect(outer).toMatchObject({ kind: 'veth', mac: macOf(1), up: true, peer: inner?.index, master: null, mtu: 1500 });
    expect(inner).toMatchObject({ kind: 'veth', mac: macOf(2), up: true, peer: outer?.index });
  });

  test('both ends of a pair in one namespace, each in a bridge', async () => {
    await bench.makeBridge('pb0');
    await bench.makeBridge('pb1');
    await driver.createVeth({ ends: [bench.end(null, 'p0', 1, 'pb0'), bench.end(null, 'p1', 2, 'pb1')] });
    expect(linkInWords(null, 'p0')).toMatch(/master pb0 .*\n.*\n(.*\n)*.*alias/);
    expect(linkInWords(null, 'p1')).toMatch(/master pb1 .*\n.*\n(.*\n)*.*alias/);
  });

  test('are renamed, set down and up, and moved between bridges by their alias', async () => {
    await bench.makeNamespaces('ca');
    await bench.makeBridge('cb0');
    await driver.createVeth({ ends: [bench.end(null, 'c0', 1), bench.end('ca', 'eth0', 2)] });
    const { alias } = bench.end(null, 'c0', 1);
    await driver.changeLink({ namespace: null, alias, name: 'c0-renamed', bridge: 'cb0' });
    expect(linkInWords(null, 'c0-renamed')).toMatch(/,UP.* master cb0 /);
    await driver.changeLink({ namespace: null, alias, up: false, bridge: null });
    expect(linkInWords(null, 'c0-renamed')).not.toMatch(/,UP| master /);
    const missing = await refusalOf(driver.changeLink({ namespace: null, alias: `${LABEL}/none`, up: true }));
    expect(missing.code).toBe('missing');
    const taken = await refusalOf(driver.changeLink({ namespace: null, alias, name: 'cb0' }));
    expect(taken).toMatchObject({ code: 'exists', errno: 'EEXIST' });
  });

  test('get a missing label only if their address is the expected one', async () => {
    await bench.makeNamespaces('ga');
    await driver.createVeth({ ends: [bench.end(null, 'g0', 1), bench.end('ga', 'eth0', 2)] });
    ip('-n', 'ga', 'link', 'set', 'dev', 'eth0', 'alias', '');
    const request = { namespace: 'ga', name: 'eth0', mac: macOf(2), alias: `${LABEL}/again` };
    expect(await refusalOf(driver.labelLink({ ...request, mac: macOf(3) }))).toMatchObject({ code: 'foreign' });
    await driver.labelLink(request);
    await driver.labelLink(request);
    expect(linkInWords('ga', 'eth0')).toContain(`alias ${LABEL}/again`);
    expect(await refusalOf(driver.labelLink({ ...request, alias: 'other' }))).toMatchObject({ code: 'foreign' });
    expect(await refusalOf(driver.labelLink({ ...request, name: 'eth9' }))).toMatchObject({ code: 'missing' });
  });

  test('fifty are deleted together, and no others', async () => {
    await bench.makeNamespaces('fa');
    const numbers = Array.from({ length: 51 }, (_, number) => number);
    for (const number of numbers) {
      await driver.createVeth({
        ends: [bench.end(null, `f${number}`, number), bench.end('fa', `f${number}`, 0x300 + number)],
      });
    }
    const aliases = numbers.slice(1).map((number) => bench.end(null, `f${number}`, number).alias);
    await driver.deleteLinks({ namespace: null, aliases: [...aliases, `${LABEL}/never-was`] });
    const view = await driver.view(['fa']);
    expect(view.links.filter(({ name }) => /^f\d/.test(name)).map(({ name }) => name)).toEqual(['f0']);
    expect(linkNames(view, 'fa')).toEqual(['lo', 'f0']);
    await driver.deleteLinks({ namespace: null, aliases });
  });

  test('a refusal of the kernel has the kernel’s message', async () => {
    await bench.makeNamespaces('ka');
    const multicast = { ...bench.end('ka', 'eth0', 2), mac: '01:00:00:00:00:01' };
    const refused = await refusalOf(driver.createVeth({ ends: [bench.end(null, 'k0', 1), multicast] }));
    expect(refused).toMatchObject({ action: 'create veth k0', errno: 'EADDRNOTAVAIL', transient: false });
    await bench.makeBridge('kb0');
    const loop = refusalOf(driver.changeLink({ namespace: null, alias: `${LABEL}/kb0`, bridge: 'kb0' }));
    const { kernelText, message } = await loop;
    expect(kernelText).toMatch(/bridge/);
    expect(message).toContain(kernelText);
  });
});

describe('the thread and its descriptors', () => {
  test('nothing is left open by calls that succeed, nor by those that fail', async () => {
    const namespace = { name: 'oa', label: `${LABEL}/oa` };
    const ends = [bench.end(null, 'o0', 1), bench.end('oa', 'eth0', 2)] as const;
    await driver.view('all');
    const before = openHandles();
    for (let round = 0; round < 25; round += 1) {
      await driver.createNamespace(namespace);
      await refusalOf(driver.createNamespace({ ...namespace, label: 'other' }));
      await driver.createVeth({ ends });
      await driver.createVeth({ ends });
      await refusalOf(driver.createVeth({ ends: [{ ...ends[0], alias: 'other' }, ends[1]] }));
      await refusalOf(driver.changeLink({ namespace: 'oa', alias: 'none', up: true }));
      await driver.view('all');
      await refusalOf(driver.deleteNamespace({ ...namespace, label: 'other' }));
      await driver.deleteNamespace(namespace);
    }
    expect(openHandles()).toEqual(before);
    expect(new Set(namespacesOfThreads()).size).toBe(1);
  });

  test('closing releases everything, and later calls are refused', async () => {
    const before = openHandles();
    const closed = await openNetnsDriver();
    await closed.close();
    await closed.close();
    expect(openHandles()).toEqual(before);
    expect(await refusalOf(closed.view('all'))).toMatchObject({ code: 'invalid' });
  });

  test('the driver reports that it can be used here', async () => {
    expect(await canUseNetns()).toEqual({ available: true });
  });
});

/** Numbers of file descriptors and of threads. */
function openHandles(): number[] {
  return ['fd', 'task'].map((kind) => readdirSync(`/proc/self/${kind}`).length);
}

function namespacesOfThreads(): string[] {
  return readdirSync('/proc/self/task').map((task) => readlinkSync(`/proc/self/task/${task}/ns/net`));
}
