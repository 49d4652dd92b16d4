import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { ContainerBody } from '../../schema/api/leviathan.ts';
import type { Executed } from '../../schema/api/leviathan-calls.ts';
import { digestIn, type MadeLayer, MadeLayout, ZSTD_LAYER } from '../support/images/layouts.ts';
import { Registry } from '../support/images/registry.ts';
import { makeTar } from '../support/images/tar.ts';
import { startImageHost } from '../support/images/weft.ts';
import type { LocalWeft } from '../support/local-weft.ts';
import { shared } from '../support/shared.ts';

const registry = shared(() => Registry.start());

const BUSYBOX = '/bin/busybox';
const waiting = { prefer: 'wait=60' };

/** Layers of busybox and of a file with the text. */
function layersWith(text: string): readonly [MadeLayer, MadeLayer] {
  const busybox = makeTar({ name: 'bin/busybox', mode: 0o755, content: readFileSync(BUSYBOX) });
  return [{ tar: busybox }, { tar: makeTar({ name: 'text', content: text }) }];
}

function inZstd({ tar }: MadeLayer): MadeLayer {
  return { tar, blob: zstdCompressSync(tar), mediaType: ZSTD_LAYER };
}

const run = (weft: LocalWeft, name: string, image: string) =>
  weft.request<ContainerBody>('PUT', `/host/host1/${name}`, { image, command: [BUSYBOX, 'sleep', '600'] }, waiting);

/** What the image's file has, as a process in the container reads it. */
async function textIn(weft: LocalWeft, name: string): Promise<string> {
  const command = [BUSYBOX, 'cat', '/text'];
  return (await weft.request<Executed>('POST', `/host/host1/${name}/exec`, { command }, waiting)).body.stdout;
}

it('an image in zstd runs, and the digest that it has in its registry names it', async () => {
  const own = await Registry.start();
  const layout = new MadeLayout().image('latest', ...layersWith('zstd').map(inZstd)).path;
  const name = own.push(layout, 'started/zstd:1', { tag: 'latest' });
  const { weft } = await startImageHost();
  expect(await run(weft, 'tagged', name)).toMatchObject({ status: 200, body: { state: 'running', image: name } });
  expect(await textIn(weft, 'tagged')).toBe('zstd');
  const digest = digestIn(layout);
  expect((await weft.request('GET', `/images/${name}`)).body).toMatchObject({ state: 'ready', digest });
  await own.stop();
  expect(await run(weft, 'digested', `${own.address}/started/zstd@${digest}`)).toMatchObject({
    status: 200,
    body: { state: 'running' },
  });
  expect(await textIn(weft, 'digested')).toBe('zstd');
});

it('an image with a layer of an unknown type is refused with the type, pulled or started, and leaves nothing', async () => {
  const { weft, imports } = await startImageHost();
  const [layer] = layersWith('odd');
  const mediaType = 'application/vnd.example.layer.v1.squashfs';
  new MadeLayout(join(imports, 'odd')).image('latest', { ...layer, mediaType });
  const pulled = await weft.request('POST', '/images', { name: 'lab/odd:1', source: 'oci:odd' }, waiting);
  const name = registry().push(join(imports, 'odd'), 'started/odd:1', { tag: 'latest' });
  for (const { status, body } of [pulled, await run(weft, 'odd', name)]) {
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'impossible', step: 'image.pull' });
    expect(Reflect.get(body, 'detail')).toContain(`is of the unknown type ${mediaType}`);
  }
  expect((await weft.request('GET', '/images')).body).toEqual({ images: [] });
  expect((await weft.request('GET', '/host/host1/odd')).status).toBe(404);
});

it('eight images that are pulled at once are all there, each as its registry has it, and all run', async () => {
  const { weft } = await startImageHost();
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
  const layouts = numbers.map((number) => new MadeLayout().image('latest', ...layersWith(`text ${number}`)).path);
  const names = layouts.map((path, index) =>
    registry().push(path, `started/many:${numbers[index]}`, { tag: 'latest' }),
  );
  const pulls = await Promise.all(names.map((name) => weft.request('POST', '/images', { name }, waiting)));
  expect(pulls.map(({ status }) => status)).toEqual(numbers.map(() => 200));
  expect((await weft.request('GET', '/images')).body).toMatchObject({
    images: names.map((name, index) => ({ name, digest: digestIn(layouts[index] ?? ''), state: 'ready' })),
  });
  await weft.request('PATCH', '/hypervisors/host1/config', { image_pull: 'never' });
  const started = await Promise.all(names.map((name, index) => run(weft, `many${numbers[index]}`, name)));
  expect(started.map(({ body }) => body.state)).toEqual(numbers.map(() => 'running'));
  expect(await Promise.all(numbers.map((number) => textIn(weft, `many${number}`)))).toEqual(
    numbers.map((number) => `text ${number}`),
  );
});
