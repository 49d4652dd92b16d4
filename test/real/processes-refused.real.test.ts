import { afterEach, expect, it } from 'vitest';
import { ContainerStage, type Wish } from '../support/containers/stage.ts';
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
  ['/image', 'UPPER/x'],
  ['/entrypoint', []],
  ['/entrypoint', 'sleep'],
  ['/entrypoint', ['']],
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

it.each<[Wish, string]>([
  [{ entrypoint: ['/nothing'] }, '/nothing: no such file or directory'],
  [{ command: ['nothing'] }, 'exec: "nothing": executable file not found in $PATH'],
  [{ command: ['', 'x'] }, 'the first word of its command is empty'],
  [{ workdir: '/etc/passwd' }, 'mkdir /etc/passwd: not a directory'],
  [{ workdir: '/proc/self/fd/7' }, 'mkdir /proc/self/fd/7: not a directory'],
  [{ user: 'nobody' }, 'the image has no user "nobody"'],
])('%j is a 422 in plain words that name the container, and leaves nothing', async (wish, reason) => {
  const { status, body } = await put({ image: stage().image, ...wish });
  expect({ status, body }).toMatchObject({ status: 422, body: { step: 'process.start' } });
  expect(body.detail).toMatch(/^start the process of container bad: (runc create failed|the )/);
  expect(body.detail).toContain(reason);
});
