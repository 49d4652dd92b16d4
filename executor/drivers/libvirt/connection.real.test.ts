import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LibvirtDaemon } from '../../../test/support/libvirt-daemon.ts';
import { type ConnectionOptions, LibvirtConnection } from './connection.ts';
import { LibvirtError } from './errors.ts';
import { procedures } from './protocol/remote.ts';

const DEADLINE_MS = 60_000;

let daemon: LibvirtDaemon;
const connections: LibvirtConnection[] = [];

beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
});

afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
});

afterAll(async () => {
  await daemon.stop();
});

async function open(uri = 'test:///default', options: Partial<ConnectionOptions> = {}): Promise<LibvirtConnection> {
  const connection = await LibvirtConnection.open({ path: daemon.socket, uri, ...options });
  connections.push(connection);
  return connection;
}

test('calls with and without arguments', async () => {
  const connection = await open();
  const { libVer } = await connection.call(procedures.connectGetLibVersion, undefined, DEADLINE_MS);
  expect(libVer).toBeGreaterThanOrEqual(9_000_000n);
  const { domains } = await connection.call(
    procedures.connectListAllDomains,
    { needResults: 1, flags: 0 },
    DEADLINE_MS,
  );
  expect(domains).toEqual([{ name: 'test', uuid: expect.stringMatching(/^[0-9a-f-]{36}$/), id: 1 }]);
});

test('200 calls at once, each with its own answer', async () => {
  const connection = await open();
  const names = Array.from({ length: 200 }, (_, number) => `many-${number}`);
  const defined = await Promise.all(
    names.map((name) => {
      const xml = `<domain type='test'><name>${name}</name><memory>1024</memory><os><type>hvm</type></os></domain>`;
      return connection.call(procedures.domainDefineXmlFlags, { xml, flags: 0 }, DEADLINE_MS);
    }),
  );
  expect(defined.map(({ dom }) => dom.name)).toEqual(names);
});

test("libvirtd's refusal, in its own words", async () => {
  const connection = await open();
  const uuid = '6c1f6f0a-9d0e-4f5b-8f5e-3f2b7f0c9a11';
  const call = connection.call(procedures.domainLookupByUuid, { uuid }, DEADLINE_MS);
  await expect(call).rejects.toMatchObject({ code: 'missing', number: 42, domain: 12, text: 'Domain not found' });
});

test('a URI that libvirtd does not know', async () => {
  await expect(open('nonsense:///')).rejects.toBeInstanceOf(LibvirtError);
});

test('a libvirtd that answers keepalive messages keeps the connection, and one that stands still loses it', async () => {
  const connection = await open('test:///default', { keepaliveMs: 250, keepaliveCount: 3 });
  // Without an answer it would last for four intervals.
  const lasts = await Promise.race([connection.ended, setTimeout(2_000, 'it lasts')]);
  expect(lasts).toBe('it lasts');
  daemon.pause();
  expect(await connection.ended).toBe('libvirtd has not answered 3 keepalive messages, one every 250 ms');
  daemon.resume();
  const { libVer } = await (await open()).call(procedures.connectGetLibVersion, undefined, DEADLINE_MS);
  expect(libVer).toBeGreaterThanOrEqual(9_000_000n);
});

test('a libvirtd that is killed, and one that has started again', async () => {
  const connection = await open();
  daemon.pause();
  const call = connection.call(procedures.connectGetLibVersion, undefined, DEADLINE_MS);
  const rejected = expect(call).rejects.toMatchObject({ code: 'away', transient: true });
  await daemon.kill();
  await rejected;
  expect(await connection.ended).toMatch(/closed the connection|ECONNRESET/);
  await expect(open()).rejects.toMatchObject({ code: 'away' });
  await daemon.start();
  const { libVer } = await (await open()).call(procedures.connectGetLibVersion, undefined, DEADLINE_MS);
  expect(libVer).toBeGreaterThanOrEqual(9_000_000n);
});
