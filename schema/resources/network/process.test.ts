import { describe, expect, it } from 'vitest';
import {
  actedProcess,
  type ContainerProcess,
  nextStart,
  pooledProcess,
  requestedProcess,
  restartTime,
  type SeenProcess,
} from './process.ts';

const web: ContainerProcess = {
  ...{ image: 'lab/web:1', command: ['serve'], env: ['A=1'], restart: 'always', wanted: 'running' },
  ...{ made: 3, changed: 4, asked: 5, digest: 'sha256:1' },
};
const seen: SeenProcess = {
  ...{ number: 5, running: false, started: 1_000, finished: 2_000, exit_code: 1, reason: null },
  ...{ restarts: 2, failures: 1 },
};

describe('a request', () => {
  it('with an image makes a process, which runs and is not started again', () => {
    expect(requestedProcess(null, { image: 'lab/web:1', user: 'web' }, 7)).toEqual({
      ...{ image: 'lab/web:1', user: 'web', restart: 'no', wanted: 'running', made: 7, changed: 7, asked: 7 },
    });
  });

  it('that says the same again changes nothing', () => {
    const request = { image: 'lab/web:1', command: ['serve'], env: ['A=1'], restart: 'always' } as const;
    expect(requestedProcess(web, request, 9)).toEqual(web);
    expect(requestedProcess(web, { command: ['serve'] }, 9)).toEqual(web);
    expect(requestedProcess(web, {}, 9)).toEqual(web);
  });

  it('with an image says all of what runs, and one without changes what it names', () => {
    expect(requestedProcess(web, { image: 'lab/web:1' }, 9)).toEqual({
      ...{ image: 'lab/web:1', restart: 'no', wanted: 'running', made: 9, changed: 9, asked: 9 },
    });
    expect(requestedProcess(web, { workdir: '/srv' }, 9)).toMatchObject({
      ...{ command: ['serve'], env: ['A=1'], workdir: '/srv', restart: 'always', made: 9, changed: 9, asked: 9 },
    });
  });

  it('resets a member with null, and takes the process away with an image of null or netns', () => {
    expect(requestedProcess(web, { command: null, restart: null }, 9)).not.toHaveProperty('command');
    expect(requestedProcess(web, { restart: null }, 9)).toEqual({ ...web, restart: 'no' });
    expect(requestedProcess(web, { image: null }, 9)).toBeNull();
    expect(requestedProcess(web, { image: 'netns' }, 9)).toBeNull();
    expect(requestedProcess(null, { command: ['serve'] }, 9)).toBeNull();
  });

  it('changes a policy while the process runs, and leaves what was stopped as it is', () => {
    expect(requestedProcess(web, { restart: 'no' }, 9)).toEqual({ ...web, restart: 'no' });
    expect(requestedProcess({ ...web, wanted: 'stopped' }, { command: ['other'] }, 9)).toMatchObject({
      ...{ wanted: 'stopped', asked: 9 },
    });
  });
});

describe('an action', () => {
  it('asks for a start, for another process, or for none', () => {
    const stopped = { ...web, wanted: 'stopped' } as const;
    expect(actedProcess(stopped, 'start', 9)).toEqual({ ...web, asked: 9 });
    expect(actedProcess(stopped, 'restart', 9)).toEqual({ ...web, changed: 9, asked: 9 });
    expect(actedProcess(web, 'stop', 9)).toEqual(stopped);
    expect(actedProcess(web, 'kill', 9)).toEqual(stopped);
  });
});

describe('the process of a container of a pool', () => {
  it('is started again whenever it ends, and stays when the pool is scaled', () => {
    const made = pooledProcess(null, 'lab/web:1', 7);
    expect(made).toMatchObject({ image: 'lab/web:1', restart: 'always', wanted: 'running', asked: 7 });
    expect(pooledProcess(web, 'lab/web:1', 9)).toBe(web);
  });

  it('is another one with another image, which does not start what was stopped, and none without', () => {
    expect(pooledProcess({ ...web, wanted: 'stopped' }, 'lab/web:2', 9)).toEqual({
      ...{ image: 'lab/web:2', restart: 'always', wanted: 'stopped', made: 9, changed: 9, asked: 9 },
    });
    expect(pooledProcess(web, 'netns', 9)).toBeNull();
  });
});

describe('the next start', () => {
  it('comes after a pause that doubles with each short run, up to a minute', () => {
    const pauses = [0, 1, 2, 3, 10, 11, 50].map((failures) => restartTime({ finished: 0, failures }));
    expect(pauses).toEqual([100, 100, 200, 400, 51_200, 60_000, 60_000]);
  });

  it('is told of a process that has ended by itself, if its policy says so', () => {
    expect(nextStart(web, seen)).toBe(2_100);
    expect(nextStart({ ...web, restart: 'on-failure' }, seen)).toBe(2_100);
    expect(nextStart({ ...web, restart: 'on-failure' }, { ...seen, exit_code: 0 })).toBeNull();
    expect(nextStart({ ...web, restart: 'on-failure' }, { ...seen, exit_code: null })).toBe(2_100);
    expect(nextStart({ ...web, restart: 'no' }, seen)).toBeNull();
  });

  it('is not told of one that runs, was stopped, was never seen, or is asked to start', () => {
    expect(nextStart(web, { ...seen, running: true })).toBeNull();
    expect(nextStart({ ...web, wanted: 'stopped' }, seen)).toBeNull();
    expect(nextStart(web, null)).toBeNull();
    expect(nextStart({ ...web, asked: 6 }, seen)).toBeNull();
  });
});
