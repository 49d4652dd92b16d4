import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { imageBodySchema } from '../../../schema/api/images.ts';
import { client } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { failed, ImagesApi } from '../../../test/support/images/api.ts';
import { until } from '../../../test/support/until.ts';

describe('POST /images', () => {
  it.each([
    [{}, '/name', 'is missing'],
    [{ name: 7 }, '/name', 'must be a string'],
    [{ name: '' }, '/name', 'is not understood: it is empty'],
    [{ name: 'x'.repeat(5_000) }, '/name', 'must have at most 4096 characters'],
    [{ name: 'Ubuntu' }, '/name', 'is not understood: "Ubuntu" is not in lower case'],
    [{ name: '../../etc' }, '/name', 'is not understood'],
    [{ name: 'x', source: 'ubuntu' }, '/source', 'it is none of docker://NAME'],
    [{ name: 'x', source: 'oci-archive:/etc/passwd' }, '/source', 'an absolute path'],
    [{ name: 'x', source: 'docker-archive:a/../../b' }, '/source', '".." leads out'],
    [{ name: 'x', source: 'docker://user@x/y' }, '/source', 'is not understood'],
    [{ name: 'x', kind: 'disk' }, '/kind', 'must be oci'],
    [{ name: 'x', tag: '1' }, '/tag', 'unknown member'],
  ])('refuses %j and says which member is wrong', async (body, pointer, words) => {
    const api = await ImagesApi.start();
    const before = await rowCounts(api.database);
    expect(await api.send('POST', '/images', body)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer, detail: expect.stringContaining(words) }] },
    });
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it('answers the image under the name that people know', async () => {
    const api = await ImagesApi.start();
    const waiting = api.ask('POST', '/images', { name: 'docker.io/library/ubuntu' }, { prefer: 'wait=10' });
    await until('the request is recorded', async () => (await api.rows()).length > 0);
    expect((await api.send('GET', '/images/ubuntu')).body).toMatchObject({ state: 'preparing', digest: null });
    await api.end();
    const body = await (await waiting).json();
    expect(v.parse(v.strictObject(imageBodySchema.entries), body)).toMatchObject({
      name: 'ubuntu:latest',
      state: 'ready',
    });
  });

  it('is for the only hypervisor that can have images, or for the one that the path names', async () => {
    const api = await ImagesApi.start();
    await api.addHypervisor('host2', false);
    expect((await api.pull('a')).status).toBe(202);
    await api.addHypervisor('host3');
    expect(await api.pull('b')).toMatchObject({
      status: 409,
      body: {
        errors: [{ hypervisor: 'host1' }, { hypervisor: 'host3' }],
        hint: expect.stringContaining('/hypervisors/host1/'),
      },
    });
    expect((await api.send('POST', '/hypervisors/host3/images', { name: 'a' })).status).toBe(202);
    expect(await api.send('POST', '/hypervisors/host2/images', { name: 'a' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('host2 has no images') },
    });
    expect((await api.send('POST', '/hypervisors/host9/images', { name: 'a' })).status).toBe(400);
    expect((await api.send('GET', '/images/a')).status).toBe(409);
    expect((await api.send('DELETE', '/images/a')).status).toBe(409);
    expect((await api.send('GET', '/hypervisors/host3/images/a')).body).toMatchObject({ hypervisor: 'host3' });
  });

  it('and all other writes are for nobody without the token', async () => {
    const api = await ImagesApi.start();
    const ask = client(api.database, 'a-token-of-an-admin');
    const requests = [
      ['POST', '/images', { name: 'x' }],
      ['DELETE', '/images/x', undefined],
      ['POST', '/hypervisors/host1/orphans/image/x', { action: 'adopt' }],
    ] as const;
    for (const [method, path, body] of requests) expect((await ask(method, path, body)).status).toBe(401);
  });

  it('is refused where no hypervisor is, or none can have images', async () => {
    const api = await ImagesApi.start();
    await api.write("UPDATE hypervisors SET capabilities = '{}'");
    expect((await api.pull('x')).status).toBe(422);
    await api.addHypervisor('host2', false);
    expect(await api.pull('x')).toMatchObject({
      status: 422,
      body: { detail: 'None of 2 hypervisors can have images' },
    });
    await api.write('DELETE FROM hypervisors');
    expect((await api.pull('x')).status).toBe(422);
  });

  it('that failed is asked for again by the retry of its operation', async () => {
    const api = await ImagesApi.start();
    const { body } = await api.pull('x', 'oci:x');
    await api.end(failed);
    expect((await api.send('POST', `/operations/${body.id}/retry`)).status).toBe(202);
    await api.end();
    expect(await api.rows()).toMatchObject([{ name: 'x:latest', source: 'oci:x', state: 'ready' }]);
  });
});

describe('an image in a path', () => {
  it('may be written in any form of its name', async () => {
    const api = await ImagesApi.start();
    await api.pulled('ubuntu:14.04');
    for (const name of [
      'ubuntu:14.04/',
      'ubuntu:14.04',
      'docker.io/library/ubuntu:14.04',
      'library%2Fubuntu:14.04',
      'index.docker.io/ubuntu%3A14.04',
    ]) {
      expect(await api.send('GET', `/images/${name}`)).toMatchObject({ status: 200, body: { name: 'ubuntu:14.04' } });
    }
  });

  it.each(['GET', 'DELETE'])('is refused by %s if it is no name, and a 404 if nobody has it', async (method) => {
    const api = await ImagesApi.start();
    expect(await api.send(method, '/images/No/Name')).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'name' }] },
    });
    expect(await api.send(method, '/images/x')).toMatchObject({
      status: 404,
      body: { detail: 'Image x:latest not found' },
    });
    await api.pulled('x');
    expect((await api.send(method, '/images/x?kind=disk')).status).toBe(404);
    expect((await api.send(method, '/images/x?kind=iso')).status).toBe(400);
    expect((await api.send(method, '/hypervisors/none/images/x')).status).toBe(400);
  });
});

describe('an orphan in a path', () => {
  it('must be one that is decided about', async () => {
    const api = await ImagesApi.start();
    const decide = (what: string) => api.send('POST', `/hypervisors/host1/orphans/${what}`, { action: 'delete' });
    expect(await decide('link/x')).toMatchObject({
      status: 404,
      body: { errors: [{ parameter: 'kind', detail: 'must be image or domain' }] },
    });
    expect(await decide('image/x')).toMatchObject({ status: 404, body: { errors: [{ parameter: 'name' }] } });
  });
});

describe('the config of images', () => {
  it.each([
    ['image_pull', 'always'],
    ['image_import_dir', 'imports'],
    ['registry_credentials', 'auth.json'],
    ['image_allow_local', 'yes'],
  ])('refuses %s %s', async (key, value) => {
    const api = await ImagesApi.start();
    expect(await api.send('PATCH', '/hypervisors/host1/config', { [key]: value })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: `/${key}` }] },
    });
  });
});
