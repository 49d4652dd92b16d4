import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestIn, MadeLayout, makeBusyboxLayout } from '../support/images/layouts.ts';
import { credentialsFor, Registry } from '../support/images/registry.ts';
import { copyImage } from '../support/images/skopeo.ts';
import { counts, countsIn } from '../support/images/store.ts';
import { makeTar } from '../support/images/tar.ts';
import { configure, startImageHost, storeDirectory } from '../support/images/weft.ts';
import type { LocalWeft } from '../support/local-weft.ts';
import { shared, whenFinished } from '../support/shared.ts';
import { until } from '../support/until.ts';

/** Far less than what skopeo waits for an answer, a minute. */
const SOON_MS = 20_000;

const registry = shared(() => Registry.start());
const busybox = shared(async () => makeBusyboxLayout('one'));

function push(name: string, layout = busybox()): string {
  return registry().push(layout, name, { tag: 'latest' });
}

const pull = (weft: LocalWeft, body: object) => weft.request('POST', '/images', body, { prefer: 'wait=60' });
const remove = (weft: LocalWeft, name: string) =>
  weft.request('DELETE', `/images/${name}`, undefined, { prefer: 'wait=60' });

async function listed(weft: LocalWeft): Promise<string[]> {
  const { body } = await weft.request<{ images: { name: string }[] }>('GET', '/images');
  return body.images.map(({ name }) => name);
}

describe('an image', () => {
  it('is pulled by its tag, listed, read by its name with slashes or escaped, and deleted', async () => {
    const { weft } = await startImageHost();
    const name = push('real/web:1');
    const image = {
      ...{ name, kind: 'oci', hypervisor: 'host1', source: null, state: 'ready', error: null },
      ...{ digest: digestIn(busybox()), size: expect.any(Number), created: expect.stringMatching(/^\d{4}-/) },
    };
    expect(await pull(weft, { name })).toMatchObject({ status: 200, body: image });
    expect((await weft.request('GET', '/hypervisors/host1/images?kind=oci')).body).toEqual({ images: [image] });
    for (const written of [name, encodeURIComponent(name)]) {
      expect(await weft.request('GET', `/images/${written}`)).toMatchObject({ status: 200, body: image });
    }
    expect((await weft.request('GET', '/images?kind=disk')).body).toEqual({ images: [] });
    expect(await remove(weft, encodeURIComponent(name))).toMatchObject({ status: 200, body: image });
    expect((await weft.request('GET', `/images/${name}`)).status).toBe(404);
    expect((await remove(weft, name)).status).toBe(404);
    expect(countsIn(await storeDirectory(weft))).toEqual(counts(0));
  });

  it('is pulled by its digest, and again when its tag has moved', async () => {
    const { weft } = await startImageHost();
    const name = push('real/moved:1');
    const [repository] = name.split(/:1$/);
    const digest = digestIn(busybox());
    expect(await pull(weft, { name })).toMatchObject({ status: 200, body: { digest } });
    expect(await pull(weft, { name: `${repository}@${digest}` })).toMatchObject({ status: 200, body: { digest } });
    const other = makeBusyboxLayout('two');
    push('real/moved:1', other);
    expect(await pull(weft, { name })).toMatchObject({ status: 200, body: { digest: digestIn(other) } });
    expect(await listed(weft)).toEqual([name, `${repository}@${digest}`]);
  });

  it('is imported from an archive or a layout below the directory for imports', async () => {
    const { weft, imports } = await startImageHost();
    copyImage(`oci:${busybox()}:latest`, `oci-archive:${join(imports, 'lab.tar')}`);
    new MadeLayout(join(imports, 'lab')).image('v1', { tar: makeTar({ name: 'x' }) });
    expect(await pull(weft, { name: 'lab/a', source: 'oci-archive:lab.tar' })).toMatchObject({
      status: 200,
      body: { name: 'lab/a:latest', source: 'oci-archive:lab.tar', state: 'ready' },
    });
    expect((await pull(weft, { name: 'lab/b:2', source: 'oci:lab:v1' })).status).toBe(200);
    expect(await pull(weft, { name: 'lab/c', source: 'oci:../lab' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/source', detail: expect.stringContaining('".." leads out') }] },
    });
    expect(await pull(weft, { name: 'lab/c', source: 'oci:none' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('none, a name below the directory for imports: there is no such file') },
    });
    expect(await listed(weft)).toEqual(['lab/a:latest', 'lab/b:2']);
  });

  it('of a private registry is pulled with the credentials that the config names', async () => {
    const own = await Registry.start({ isPrivate: true });
    const name = own.push(busybox(), 'private/x:1', { tag: 'latest' });
    const { weft } = await startImageHost();
    expect(await pull(weft, { name })).toMatchObject({
      status: 422,
      body: { detail: expect.stringMatching(new RegExp(`^pull ${name}: .*authentication required`)) },
    });
    await configure(weft, { registry_credentials: credentialsFor(own.address) });
    expect(await pull(weft, { name })).toMatchObject({ status: 200, body: { state: 'ready' } });
  });

  it('that cannot be pulled leaves nothing, and the failure names it', async () => {
    const { weft } = await startImageHost();
    const name = `${registry().address}/real/nothing:1`;
    expect(await pull(weft, { name })).toMatchObject({
      status: 422,
      body: { code: 'impossible', step: 'image.pull', detail: expect.stringContaining(`pull ${name}: `) },
    });
    await configure(weft, { image_allow_local: '' });
    expect(await pull(weft, { name: push('real/local:1') })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('is 127.0.0.1, an address of this host or a link-local one') },
    });
    expect(await pull(weft, { name: 'Not A Name' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/name' }] },
    });
    expect(await listed(weft)).toEqual([]);
    expect(countsIn(await storeDirectory(weft))).toEqual(counts(0));
    expect(await weft.sql('SELECT * FROM images')).toEqual([]);
  });

  it('that is there stays as it was when it cannot be pulled again, with the reason', async () => {
    const { weft } = await startImageHost();
    const own = await Registry.start();
    const name = own.push(busybox(), 'real/kept:1', { tag: 'latest' });
    await pull(weft, { name });
    expect((await pull(weft, { name, source: `docker://${own.address}/real/other:1` })).status).toBe(422);
    expect((await weft.request('GET', `/images/${name}`)).body).toMatchObject({
      ...{ state: 'ready', digest: digestIn(busybox()), source: null },
      error: expect.stringContaining(`pull ${name}: `),
    });
  });

  it('that a container or a pool uses is not deleted', async () => {
    const { weft } = await startImageHost();
    const name = push('real/used:1');
    await pull(weft, { name });
    const uses = (table: string, path: string) =>
      weft.sql(`UPDATE ${table} SET spec = json_set(spec, '${path}', '${name}')`);
    await weft.request('PUT', '/host/host1/c1');
    await uses('containers', '$.process.image');
    expect(await remove(weft, name)).toMatchObject({
      status: 409,
      body: { detail: `Image ${name} is used by container c1` },
    });
    await weft.sql("UPDATE containers SET spec = json_remove(spec, '$.process')");
    await weft.request('POST', '/cpool', { cpoolList: [{ cpoolID: 'p', type: 'netns', start_with: 0, cins: [] }] });
    await uses('cpools', '$.type');
    expect(await remove(weft, name)).toMatchObject({
      status: 409,
      body: { detail: `Image ${name} is used by pool p` },
    });
    await weft.sql("UPDATE cpools SET spec = json_set(spec, '$.type', 'netns')");
    expect((await remove(weft, name)).status).toBe(200);
  });
});

describe('a pull that takes long', () => {
  /** A registry that accepts connections and answers nothing; the name of an image of it. */
  async function silentRegistry(): Promise<string> {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    whenFinished(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    return `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/silent/x:1`;
  }

  const running = (weft: LocalWeft) =>
    until(
      'it is pulled',
      async () => (await weft.sql("SELECT 1 FROM operations WHERE step = 'image.pull'")).length > 0,
    );

  it('is given up when it is cancelled, and leaves nothing', async () => {
    const { weft } = await startImageHost();
    const { body } = await weft.request(
      'POST',
      '/images',
      { name: await silentRegistry() },
      { prefer: 'respond-async' },
    );
    await running(weft);
    await weft.request('POST', `/operations/${body.id}/cancel`);
    const ended = async () => (await weft.request('GET', `/operations/${body.id}`)).body.status !== 'running';
    await until('it has ended', ended, SOON_MS);
    expect((await weft.request('GET', `/operations/${body.id}`)).body).toMatchObject({ status: 'cancelled' });
    expect(await weft.sql('SELECT * FROM images')).toEqual([]);
    await until('nothing is left', async () => countsIn(await storeDirectory(weft)).staging === 0);
  });

  it('does not keep the executor from ending, and goes on at its next start', async () => {
    const { weft } = await startImageHost();
    await weft.request('POST', '/images', { name: await silentRegistry() }, { prefer: 'respond-async' });
    await running(weft);
    let hasEnded = false;
    const stopping = weft.stop().then(() => {
      hasEnded = true;
    });
    await until('it has ended', () => hasEnded, SOON_MS);
    await stopping;
    expect(await weft.sql("SELECT status FROM operations WHERE kind = 'image.pull'")).toEqual([{ status: 'pending' }]);
  });
});

describe('a full disk', () => {
  it('fails the pull, with its reason, and leaves the other images', async () => {
    const { weft, imports } = await startImageHost();
    const directory = await storeDirectory(weft);
    await weft.stop();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
    whenFinished(() => execFileSync('umount', ['--lazy', directory]));
    await weft.restart();
    new MadeLayout(join(imports, 'tiny')).image('x', { tar: makeTar({ name: 'tiny' }) });
    expect((await pull(weft, { name: 'tiny', source: 'oci:tiny' })).status).toBe(200);
    expect(await pull(weft, { name: push('real/full:1') })).toMatchObject({
      status: 422,
      body: { code: 'impossible', detail: expect.stringContaining('no space left on device') },
    });
    expect(await listed(weft)).toEqual(['tiny:latest']);
    expect(countsIn(directory)).toEqual(counts(1));
  });
});

const resync = (weft: LocalWeft) => weft.request('POST', '/hypervisors/host1/resync', undefined, { prefer: 'wait=60' });

describe('an image that the host lost', () => {
  it('is missing until it is pulled again', async () => {
    const { weft } = await startImageHost();
    const name = push('real/lost:1');
    await pull(weft, { name });
    await weft.stop();
    rmSync(await storeDirectory(weft), { recursive: true });
    await weft.restart();
    await resync(weft);
    expect((await weft.request('GET', `/images/${name}`)).body).toMatchObject({ state: 'missing', digest: null });
    expect(await pull(weft, { name })).toMatchObject({ status: 200, body: { state: 'ready' } });
  });
});

describe('an orphaned image', () => {
  interface Orphans {
    readonly orphans: { readonly kind: string; readonly name: string }[];
    readonly held: unknown;
  }
  const orphans = async (weft: LocalWeft) => (await weft.request<Orphans>('GET', '/hypervisors/host1/orphans')).body;
  const decide = (weft: LocalWeft, name: string, action: string) =>
    weft.request('POST', `/hypervisors/host1/orphans/image/${name}`, { action }, { prefer: 'wait=60' });

  it('is listed, survives every sweep, and is adopted or deleted one by one', async () => {
    const { weft } = await startImageHost();
    const names = [push('real/adopted:1'), push('real/deleted:1')] as const;
    for (const name of names) await pull(weft, { name });
    await weft.sql('DELETE FROM images');
    await resync(weft);
    expect(await orphans(weft)).toMatchObject({
      orphans: names.map((name) => ({ kind: 'image', name, namespace: null })),
      held: null,
    });
    expect((await weft.request('DELETE', '/hypervisors/host1/orphans', undefined, { prefer: 'wait=60' })).status).toBe(
      200,
    );
    await resync(weft);
    expect((await orphans(weft)).orphans).toHaveLength(2);
    expect(countsIn(await storeDirectory(weft))).toEqual(counts(2, 1));

    const [adopted, deleted] = names;
    expect(await decide(weft, adopted, 'keep')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/action' }] },
    });
    expect(await decide(weft, adopted, 'adopt')).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect(await decide(weft, encodeURIComponent(deleted), 'delete')).toMatchObject({ status: 200 });
    expect((await weft.request('GET', `/images/${adopted}`)).body).toMatchObject({
      ...{ state: 'ready', digest: digestIn(busybox()), source: null },
    });
    expect(countsIn(await storeDirectory(weft))).toEqual(counts(1));
    expect((await orphans(weft)).orphans).toEqual([]);
    expect((await decide(weft, adopted, 'delete')).status).toBe(404);
    await resync(weft);
    expect(await listed(weft)).toEqual([adopted]);
  });

  it('that was pulled again since it was found is none, and is not deleted', async () => {
    const { weft } = await startImageHost();
    const name = push('real/again:1');
    await pull(weft, { name });
    await weft.sql('DELETE FROM images');
    await resync(weft);
    await until('it is an orphan', async () => (await orphans(weft)).orphans.length === 1);
    await pull(weft, { name });
    expect((await decide(weft, name, 'delete')).status).toBe(409);
    expect(await listed(weft)).toEqual([name]);
  });
});
