import { lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ip, linkInWords, macOf, makeTunnel, refusalOf, Workbench } from '../../../test/support/netns-workbench.ts';
import type { NetnsDriver } from './driver.ts';

/* Objects of others are never changed, whatever their names and labels. */

const LABEL = 'weft:test/foreign';
let bench: Workbench;
let driver: NetnsDriver;

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
  driver = bench.driver;
});

afterEach(() => bench.clear());

afterAll(() => bench.close());

describe('a namespace in the way', () => {
  const request = { name: 'xa', label: `${LABEL}/xa` };

  test('of iproute2 is named, listed and left alone', async () => {
    ip('netns', 'add', 'xa');
    try {
      const before = ip('netns', 'exec', 'xa', 'readlink', '/proc/self/ns/net');
      const message = 'create namespace xa: /run/netns/xa already exists with no label';
      expect(await refusalOf(driver.createNamespace(request))).toMatchObject({ code: 'foreign', message });
      expect(await refusalOf(driver.deleteNamespace(request))).toMatchObject({ code: 'foreign' });
      const { namespaces } = await driver.view(['xa']);
      expect(namespaces).toMatchObject([{ name: 'xa', label: null, mounted: true, links: [{ name: 'lo' }] }]);
      expect(ip('netns', 'exec', 'xa', 'readlink', '/proc/self/ns/net')).toBe(before);
    } finally {
      ip('netns', 'delete', 'xa');
    }
  });

  test('with weft’s label inside, but not in its file, is not weft’s', async () => {
    ip('netns', 'add', 'xa');
    try {
      ip('-n', 'xa', 'link', 'set', 'dev', 'lo', 'alias', request.label);
      expect(await refusalOf(driver.deleteNamespace(request))).toMatchObject({ code: 'foreign' });
      expect((await driver.view(['xa'])).namespaces).toMatchObject([{ label: null, mounted: true }]);
    } finally {
      ip('netns', 'delete', 'xa');
    }
  });

  test.each([
    ['a file with other content', (path: string) => writeFileSync(path, 'something else')],
    ['an empty file', (path: string) => writeFileSync(path, '')],
    ['a link to the host’s own namespace', (path: string) => symlinkSync('/proc/self/ns/net', path)],
    ['a link to nowhere', (path: string) => symlinkSync('/nowhere', path)],
  ])('%s', async (_, make) => {
    const path = '/run/netns/xf';
    make(path);
    try {
      const before = stamp(path);
      const foreign = { name: 'xf', label: `${LABEL}/xf` };
      expect(await refusalOf(driver.createNamespace(foreign))).toMatchObject({ code: 'foreign' });
      expect(await refusalOf(driver.deleteNamespace(foreign))).toMatchObject({ code: 'foreign' });
      expect((await driver.view(['xf'])).namespaces).toMatchObject([{ mounted: false, links: [] }]);
      expect(stamp(path)).toEqual(before);
    } finally {
      rmSync(path);
    }
  });

  test('the host’s own namespace under a name is never treated as weft’s', async () => {
    const label = `${LABEL}/xh`;
    const path = '/run/netns/xh';
    ip('netns', 'attach', 'xh', String(process.pid));
    ip('link', 'set', 'dev', 'lo', 'alias', label);
    try {
      expect((await driver.view(['xh'])).namespaces).toMatchObject([{ label: null, mounted: true }]);
      expect(await refusalOf(driver.deleteNamespace({ name: 'xh', label }))).toMatchObject({ code: 'foreign' });
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).toContain(path);
    } finally {
      ip('link', 'set', 'dev', 'lo', 'alias', '');
      ip('netns', 'delete', 'xh');
    }
  });
});

describe('a half-made namespace', () => {
  const request = { name: 'ha', label: `${LABEL}/ha` };
  const path = '/run/netns/ha';

  test('is listed, and completed by its owner only', async () => {
    writeFileSync(path, request.label);
    const { namespaces } = await driver.view(['ha']);
    expect(namespaces).toEqual([{ name: 'ha', label: request.label, mounted: false, links: [], addressing: null }]);
    expect(await refusalOf(driver.createNamespace({ ...request, label: 'other' }))).toMatchObject({ code: 'foreign' });
    await driver.createNamespace(request);
    expect((await driver.view(['ha'])).namespaces).toMatchObject([{ label: request.label, mounted: true }]);
    expect(linkInWords('ha', 'lo')).toContain(`alias ${request.label}`);
  });

  test('is deleted by its owner only', async () => {
    writeFileSync(path, request.label);
    expect(await refusalOf(driver.deleteNamespace({ ...request, label: 'other' }))).toMatchObject({ code: 'foreign' });
    expect(readFileSync(path, 'utf8')).toBe(request.label);
    await driver.deleteNamespace(request);
    expect((await driver.view(['ha'])).namespaces).toEqual([]);
  });
});

describe('a link in the way', () => {
  test('of a veth is named and left as it was', async () => {
    await bench.makeNamespaces('va');
    makeTunnel(null, 'v0');
    makeTunnel('va', 'v1');
    try {
      ip('-n', 'va', 'link', 'set', 'dev', 'v1', 'alias', 'theirs');
      const before = [linkInWords(null, 'v0'), linkInWords('va', 'v1')];
      const near = { ends: [bench.end(null, 'v0', 1), bench.end('va', 'eth0', 2)] } as const;
      const far = { ends: [bench.end(null, 'v2', 1), bench.end('va', 'v1', 2)] } as const;
      expect(await refusalOf(driver.createVeth(near))).toMatchObject({
        code: 'exists',
        errno: 'EEXIST',
        message: "create veth v0: link v0 already exists in the host's namespace, with no alias (EEXIST)",
      });
      expect(await refusalOf(driver.createVeth(far))).toMatchObject({
        code: 'exists',
        message: 'create veth v2: link v1 already exists in namespace va, with the alias "theirs" (EEXIST)',
      });
      expect([linkInWords(null, 'v0'), linkInWords('va', 'v1')]).toEqual(before);
      const view = await driver.view(['va']);
      expect(view.links.map(({ name }) => name)).not.toContain('v2');
      expect(view.namespaces[0]?.links.map(({ name }) => name)).toEqual(['lo', 'v1']);
    } finally {
      ip('link', 'delete', 'v0');
    }
  });

  test('of a bridge is named and left as it was; weft’s own is kept', async () => {
    ip('link', 'add', 'fb0', 'type', 'bridge');
    try {
      const before = linkInWords(null, 'fb0').split('\n')[0];
      expect(await refusalOf(bench.makeBridge('fb0'))).toMatchObject({ code: 'exists' });
      expect(linkInWords(null, 'fb0').split('\n')[0]).toBe(before);
    } finally {
      ip('link', 'delete', 'fb0');
    }
    await bench.makeBridge('fb1');
    await bench.makeBridge('fb1');
    const other = { name: 'fb1', alias: `${LABEL}/other`, mac: macOf(1) };
    expect(await refusalOf(driver.createBridge(other))).toMatchObject({ code: 'exists' });
  });
});

describe('a link of another kind', () => {
  test('is refused even with weft’s alias, and nothing else is deleted with it', async () => {
    const alias = `${LABEL}/tunnel`;
    await bench.makeBridge('kb0');
    makeTunnel(null, 'k0');
    try {
      ip('link', 'set', 'dev', 'k0', 'alias', alias);
      const before = linkInWords(null, 'k0');
      const both = { namespace: null, aliases: [`${LABEL}/kb0`, alias] };
      expect(await refusalOf(driver.deleteLinks(both))).toMatchObject({ code: 'foreign' });
      expect(linkInWords(null, 'kb0')).toContain(`alias ${LABEL}/kb0`);
      expect(await refusalOf(driver.changeLink({ namespace: null, alias, up: true }))).toMatchObject({
        code: 'foreign',
      });
      ip('link', 'set', 'dev', 'k0', 'alias', '');
      const label = { namespace: null, name: 'k0', mac: macAddress('k0'), alias };
      expect(await refusalOf(driver.labelLink(label))).toMatchObject({ code: 'foreign' });
      ip('link', 'set', 'dev', 'k0', 'alias', alias);
      expect(linkInWords(null, 'k0')).toBe(before);
    } finally {
      ip('link', 'delete', 'k0');
    }
  });

  test('cannot be used as a bridge', async () => {
    makeTunnel(null, 'kd0');
    try {
      await bench.makeNamespaces('kn');
      const ends = [bench.end(null, 'k1', 1, 'kd0'), bench.end('kn', 'eth0', 2)] as const;
      expect(await refusalOf(driver.createVeth({ ends }))).toMatchObject({ code: 'foreign' });
      expect((await driver.view([])).links.map(({ name }) => name)).not.toContain('k1');
    } finally {
      ip('link', 'delete', 'kd0');
    }
  });
});

/** Metadata that every change affects, and reading does not. */
function stamp(path: string): Record<string, number> {
  const { ino, mode, size, mtimeMs, ctimeMs } = lstatSync(path);
  return { ino, mode, size, mtimeMs, ctimeMs };
}

function macAddress(name: string): string {
  return /link\/ether (\S+)/.exec(linkInWords(null, name))?.[1] ?? '';
}
