import * as v from 'valibot';
import { expect, it } from 'vitest';
import { containerPutSchema } from './leviathan.ts';
import { cpoolListSchema } from './leviathan-pools.ts';

/** `member: message` of each member that is refused. */
function refusals(schema: v.GenericSchema, body: unknown): string[] {
  const { issues = [] } = v.safeParse(schema, body);
  return issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
}

it.each<[object, string]>([
  [{ image: 7 }, 'image: must be a string'],
  [{ image: '' }, 'image: is not understood: it is empty'],
  [{ image: 'UPPER CASE' }, 'image: is not understood: '],
  [{ entrypoint: [] }, 'entrypoint: must not be empty'],
  [{ command: 'ls' }, 'command: must be a list of strings'],
  [{ command: ['ls', 1] }, 'command.1: must be a string'],
  [{ command: Array(1_001).fill('a') }, 'command: must have at most 1000 entries'],
  [{ command: ['a'.repeat(100_001)] }, 'command: must have at most 100000 characters'],
  [{ env: ['NAME'] }, 'env: must be a list of NAME=VALUE, or an object of strings'],
  [{ env: { NAME: 1 } }, 'env: must be a list of NAME=VALUE, or an object of strings'],
  [{ user: '' }, 'user: must not be empty'],
  [{ user: 'a\0' }, 'user: must not contain a NUL character'],
  [{ workdir: 'srv' }, 'workdir: must be an absolute path without ".."'],
  [{ mounts: [{ source: '/srv/../etc', target: '/b' }] }, 'mounts.0.source: must be an absolute path without ".."'],
  [{ mounts: [{ source: '/srv', target: '/b', readonly: 'no' }] }, 'mounts.0.readonly: must be true or false'],
  [{ restart: 'sometimes' }, 'restart: must be one of no, on-failure, always'],
])('a container with %j is refused', (body, message) => {
  const [refusal, ...others] = refusals(containerPutSchema, body);
  expect([refusal?.slice(0, message.length), others]).toEqual([message, []]);
});

it('a name of an image is stored as people know it, and variables as a list', () => {
  expect(v.parse(containerPutSchema, { image: 'docker.io/library/ubuntu', env: { A: '1', B: 'x=y' } })).toEqual({
    image: 'ubuntu:latest',
    env: ['A=1', 'B=x=y'],
  });
  expect(v.parse(containerPutSchema, { image: 'netns' })).toEqual({ image: 'netns' });
});

it('the type of a pool is refused like an image', () => {
  const pool = { cpoolID: 'p', type: 'a b', start_with: 1, cins: [] };
  expect(refusals(cpoolListSchema, { cpoolList: [pool] })).toEqual([
    expect.stringMatching(/^cpoolList\.0\.type: is not understood: /),
  ]);
});
