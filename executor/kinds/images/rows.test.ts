import { describe, expect, it } from 'vitest';
import { recordImages } from '../../../schema/resources/images/record.ts';
import { cancelled, failed, ImagesApi } from '../../../test/support/images/api.ts';

const NAME = 'registry.example/lab/web:1';
const ready = { name: NAME, source: null, applied: 1, desired: 'present', state: 'ready', error: null };

describe('an image that is pulled', () => {
  it('is ready, with what the host says of it', async () => {
    const api = await ImagesApi.start();
    await api.pull(NAME, 'docker://other.example/x:2');
    await api.end();
    const [row] = await api.rows();
    expect(row).toEqual({ ...ready, source: 'docker://other.example/x:2', digest: 'sha256:1' });
  });

  it('is pulled from its source, with the settings that its hypervisor has now', async () => {
    const api = await ImagesApi.start();
    await api.pull(NAME, 'oci:x');
    const config = { image_import_dir: '/srv', registry_credentials: '/etc/auth.json', image_allow_local: 'true' };
    await api.send('PATCH', '/hypervisors/host1/config', config);
    expect((await api.next()).change?.after).toEqual({
      ...{ name: NAME, wanted: 'pulled' },
      pull: {
        ...{ name: NAME, source: 'oci:x' },
        ...{ importDirectory: '/srv', credentialsFile: '/etc/auth.json', mayBeLocal: true },
      },
    });
  });

  it.each([failed, cancelled])('and was not there before has no row when that ends as $status', async (ending) => {
    const api = await ImagesApi.start();
    await api.pull(NAME);
    await api.end(ending);
    expect(await api.rows()).toEqual([]);
  });

  it('again and fails stays as it was, with the error', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    await api.pull(NAME, 'oci:x');
    await api.end(failed);
    expect(await api.rows()).toEqual([{ ...ready, digest: 'sha256:1', error: 'it cannot be' }]);
  });

  it('twice is wanted as the second request says when the first fails', async () => {
    const api = await ImagesApi.start();
    await api.pull(NAME, 'oci:first');
    await api.pull(NAME, 'oci:second');
    await api.end(failed);
    expect(await api.rows()).toMatchObject([{ source: 'oci:second', applied: 0, desired: 'present' }]);
    await api.end();
    expect(await api.rows()).toEqual([{ ...ready, source: 'oci:second', digest: 'sha256:2' }]);
  });

  it('after its deletion was accepted is there in the end, even if the deletion fails', async () => {
    for (const ending of [undefined, failed, cancelled]) {
      const api = await ImagesApi.start();
      await api.pulled(NAME);
      await api.send('DELETE', `/images/${NAME}`);
      await api.pull(NAME);
      await api.end(ending);
      await api.end();
      expect(await api.rows()).toEqual([{ ...ready, digest: 'sha256:3' }]);
    }
  });
});

describe('an image that is deleted', () => {
  it('has no row any more', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    await api.send('DELETE', `/images/${NAME}`);
    expect((await api.next()).change?.after).toEqual({ name: NAME, wanted: 'absent' });
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it('and is not gone stays unwanted, and its repair removes it', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    await api.send('DELETE', `/images/${NAME}`);
    await api.end(failed);
    expect(await api.rows()).toMatchObject([{ desired: 'absent', state: 'degraded', error: 'it cannot be' }]);
    expect((await api.send('GET', `/images/${NAME}`)).status).toBe(404);
    await api.repair(NAME);
    expect((await api.next()).change?.after).toEqual({ name: NAME, wanted: 'absent' });
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it('and is asked for and deleted again before it is gone keeps its row until the last of these', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    await api.send('DELETE', `/images/${NAME}`);
    await api.pull(NAME);
    await api.send('DELETE', `/images/${NAME}`);
    await api.end();
    await api.end();
    expect(await api.rows()).toEqual([{ ...ready, desired: 'absent', digest: 'sha256:3' }]);
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it('stays when that is cancelled', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    const { body } = await api.send('DELETE', `/images/${NAME}`);
    expect((await api.send('POST', `/operations/${body.id}/cancel`)).status).toBe(200);
    expect(await api.rows()).toEqual([{ ...ready, digest: 'sha256:1' }]);
  });
});

describe('a repair', () => {
  it('notes that an image is gone, and that it is there again, and pulls nothing', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    const [image] = api.stored.values();
    api.stored.clear();
    await api.repair(NAME);
    expect((await api.next()).change?.after).toEqual({ name: NAME, wanted: 'as it is' });
    await api.end();
    expect(await api.rows()).toEqual([{ ...ready, state: 'missing', digest: null }]);
    if (image) api.stored.set(NAME, image);
    await api.repair(NAME);
    await api.end();
    expect(await api.rows()).toEqual([{ ...ready, digest: 'sha256:1' }]);
  });

  it('of an image that was changed since is dropped', async () => {
    const api = await ImagesApi.start();
    await api.pulled(NAME);
    await api.repair(NAME, 'generation + 1');
    expect((await api.next()).change).toBeNull();
  });
});

describe('an orphan', () => {
  const orphan = async () => {
    const api = await ImagesApi.start();
    api.stored.set(NAME, { digest: 'sha256:old', size: 5, created: null });
    await api.write(`INSERT INTO orphans SELECT id, 'image', '', '${NAME}', 'weft:x', 1, 0 FROM hypervisors`);
    return api;
  };
  const decide = (api: ImagesApi, action: string) =>
    api.send('POST', `/hypervisors/host1/orphans/image/${NAME}`, { action });

  it('that is adopted is an image like any other', async () => {
    const api = await orphan();
    expect((await decide(api, 'adopt')).status).toBe(202);
    expect((await api.next()).change?.after).toEqual({ name: NAME, wanted: 'present' });
    await api.end();
    expect(await api.rows()).toEqual([{ ...ready, digest: 'sha256:old' }]);
    expect(await api.read('SELECT * FROM orphans')).toEqual([]);
  });

  it('that is deleted is removed from the host', async () => {
    const api = await orphan();
    await decide(api, 'delete');
    expect((await api.next()).change?.after).toEqual({ name: NAME, wanted: 'absent' });
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it.each(['adopt', 'delete'])('has no row when it is cancelled to %s it', async (action) => {
    const api = await orphan();
    const { body } = await decide(api, action);
    expect((await api.send('POST', `/operations/${body.id}/cancel`)).status).toBe(200);
    expect(await api.rows()).toEqual([]);
  });
});

it('the rows of images go with their hypervisor', async () => {
  const api = await ImagesApi.start();
  await api.pulled(NAME);
  expect((await api.send('DELETE', '/hypervisors/host1?force=true')).status).toBe(202);
  expect(await api.rows()).toEqual([]);
});

describe('images that another operation has pulled', () => {
  const image = { name: NAME, digest: 'sha256:7', size: 7, created: null };
  const record = (api: ImagesApi) => api.database.write(recordImages(api.hypervisor, [image]));

  it('get a row, once', async () => {
    const api = await ImagesApi.start();
    await record(api);
    await record(api);
    expect(await api.rows()).toEqual([{ ...ready, digest: 'sha256:7' }]);
    expect(recordImages(api.hypervisor, [])).toEqual([]);
  });

  it('keep where they are from, and what is wanted of them', async () => {
    const api = await ImagesApi.start();
    await api.pull(NAME, 'oci:x');
    await api.end();
    await record(api);
    expect(await api.rows()).toEqual([{ ...ready, source: 'oci:x', digest: 'sha256:7' }]);
    await api.send('DELETE', `/images/${NAME}`);
    await record(api);
    expect(await api.rows()).toMatchObject([{ desired: 'absent' }]);
    await api.end(failed);
    await record(api);
    expect(await api.rows()).toEqual([{ ...ready, source: 'oci:x', digest: 'sha256:7' }]);
  });
});
