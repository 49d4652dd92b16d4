import { afterEach, expect, it } from 'vitest';
import { ContainerStage } from '../support/containers/stage.ts';
import { namespaces } from '../support/host.ts';
import { shared } from '../support/shared.ts';

const stage = shared(() => ContainerStage.start());

const put = (body: object) =>
  stage().weft.request<{ errors?: { pointer: string }[]; detail?: string }>('PUT', '/host/host1/bad', body);

afterEach(async () => {
  expect(await stage().weft.sql('SELECT name FROM containers')).toEqual([]);
  expect(namespaces()).toEqual([]);
});

it.each([
  ['/image', 7],
  ['/image', 'UPPER case'],
  ['/entrypoint', []],
  ['/entrypoint', 'sleep'],
  ['/command', 'sleep 600'],
  ['/command/1', ['sleep', 600]],
  ['/command/0', ['a\0b']],
  ['/env', 'A=1'],
  ['/env', ['A']],
  ['/env', ['=1']],
  ['/user', ''],
  ['/user', 7],
  ['/workdir', 'srv'],
  ['/workdir', '/srv/../etc'],
  ['/mounts', {}],
  ['/mounts/0/source', [{ source: 'data', target: '/data' }]],
  ['/mounts/0/target', [{ source: '/data', target: '/../data' }]],
  ['/mounts/0/readonly', [{ source: '/data', target: '/data', readonly: 'yes' }]],
  ['/restart', 'sometimes'],
  ['/memory', 0],
  ['/vcpus', 0.5],
])('%s of %j is a 400 that names it, and leaves nothing', async (pointer, value) => {
  const member = pointer.split('/')[1] ?? '';
  const { status, body } = await put({ image: stage().image, [member]: value });
  expect(status).toBe(400);
  expect(body.errors?.some((error) => error.pointer.startsWith(pointer))).toBe(true);
});

it('an image that is not there and is never pulled is a 422 that names it, and leaves nothing', async () => {
  const { status, body } = await put({ image: 'lab/unknown:7' });
  expect([status, body.detail]).toEqual([422, expect.stringContaining('lab/unknown:7')]);
});
