import { describe, expect, it } from 'vitest';
import type { ContainerProcess } from '../../../schema/resources/network/process.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import type { ProcessSpec, RunSpec } from './desired.ts';
import { planEnds, planStarts } from './plan-processes.ts';
import type { ObservedNetwork, ObservedProcesses } from './steps.ts';

const NOW = 100_000;
const END = 'weft:db/lan c.0i';
const IMAGE = 'lab/web:1';

const process: ContainerProcess = {
  ...{ image: IMAGE, restart: 'no', wanted: 'running', made: 3, changed: 4, asked: 5 },
};
const unlimited = { memory: null, cpus: null };

function specOf(changed: Partial<ContainerProcess> = {}, run: Partial<RunSpec> = {}): ProcessSpec {
  return {
    ...{ owner: 'id', container: 'c', label: 'weft:db/id' },
    run: {
      process: { ...process, ...changed },
      ...{ seen: null, isFirst: false, limits: unlimited, interfaces: [END], addresses: [] },
      stop: { signal: null, graceMs: 10_000 },
      images: { pullsMissing: true, importDirectory: null, credentialsFile: null, mayBeLocal: false },
      mountRoots: [],
      pidsLimit: null,
      ...run,
    },
  };
}

const running: ProcessView = {
  ...{ owner: 'id', number: 5, digest: 'd', lower: '/l', limits: unlimited, phase: 'running', pid: 9 },
  ...{ startedMs: NOW - 50_000, restarts: 0, failures: 0, detached: false, exit: null },
};

/** It ended a second ago, after a second. */
function exited(code: number | null, view: Partial<ProcessView> = {}): ProcessView {
  const exit = { code, finishedMs: NOW - 1_000, reason: null };
  return { ...running, phase: 'exited', pid: null, startedMs: NOW - 2_000, exit, ...view };
}

function host(view: ProcessView | null, processes: Partial<ObservedProcesses> = {}, hasLink = true): ObservedNetwork {
  const link = {
    ...{ index: 2, name: 'lan', alias: `${END} c.0o`, kind: 'veth', mac: null, mtu: 1500, up: true },
    ...{ master: null, peer: 3 },
  };
  const links = hasLink ? [link] : [];
  return {
    ...{ host: [], addressing: null, isolation: null },
    namespaces: new Map([['c', { name: 'c', label: 'weft:db/id', mounted: true, links, addressing: null }]]),
    processes: {
      ...{ nowMs: NOW, views: new Map(view === null ? [] : [['id', view]]), layers: new Set(), isInstalled: true },
      images: new Map([[IMAGE, { digest: 'd', size: 1, created: null }]]),
      ...processes,
    },
  };
}

const names = (spec: ProcessSpec, observed: ObservedNetwork) =>
  [...planEnds(spec, observed), ...planStarts(spec, observed)].map(({ name }) => name);

describe('a process that is wanted', () => {
  it('is started if it never was, and left alone as it runs', () => {
    expect(names(specOf({}, { isFirst: true }), host(null))).toEqual(['process.start']);
    expect(names(specOf(), host(running))).toEqual([]);
  });

  it('is started after the programs are installed and its image is pulled', () => {
    const lacking = host(null, { isInstalled: false, images: new Map() });
    const first = specOf({}, { isFirst: true });
    expect(names(first, lacking)).toEqual(['containers.install', 'image.pull', 'process.start']);
    // A scan does not look for images.
    expect(names(first, host(null, { images: null }))).toEqual(['process.start']);
  });

  it('waits for its interfaces', () => {
    expect(names(specOf({}, { isFirst: true }), host(null, {}, false))).toEqual([]);
    expect(names(specOf({ restart: 'always' }), host(exited(0), {}, false))).toEqual([]);
  });

  it.each([
    ['no', 1, []],
    ['no', 0, []],
    ['on-failure', 0, []],
    ['on-failure', 1, ['process.start']],
    ['on-failure', null, ['process.start']],
    ['always', 0, ['process.start']],
  ] as const)('with the policy %s that has ended with %j: %j', (restart, code, steps) => {
    expect(names(specOf({ restart }), host(exited(code)))).toEqual(steps);
  });

  it('is not started before its pause is over', () => {
    const spec = specOf({ restart: 'always' });
    // Four short runs before: 1.6 s.
    expect(names(spec, host(exited(0, { failures: 4 })))).toEqual([]);
    expect(names(spec, host(exited(0, { failures: 3 })))).toEqual(['process.start']);
  });

  it('is started at once, whatever its policy, if that was asked for since', () => {
    expect(names(specOf({ asked: 6 }), host(exited(0, { failures: 9 })))).toEqual(['process.start']);
    expect(names(specOf({ asked: 6 }), host(running))).toEqual(['process.keep']);
  });

  it('whose record is lost is started by its policy', () => {
    expect(names(specOf(), host(null))).toEqual([]);
    expect(names(specOf({ restart: 'on-failure' }), host(null))).toEqual(['process.start']);
  });

  it('is replaced if it runs from before a change', () => {
    expect(names(specOf({ changed: 6, asked: 6 }), host(running))).toEqual(['process.stop', 'process.start']);
  });

  it('that was stopped for a change which was undone runs again', () => {
    expect(names(specOf(), host(exited(137, { stopped: true })))).toEqual(['process.start']);
  });

  it('is ended with its namespace, and started in the new one', () => {
    const detached = { ...running, detached: true };
    expect(names(specOf(), host(detached, {}, false))).toEqual(['process.stop']);
    expect(names(specOf(), host(detached))).toEqual(['process.stop', 'process.start']);
  });

  it('gets other limits while it runs', () => {
    const limits = { memory: 2 ** 20, cpus: 1 };
    expect(names(specOf({}, { limits }), host(running))).toEqual(['process.limit']);
    expect(names(specOf({}, { limits }), host({ ...running, limits }))).toEqual([]);
  });
});

describe('a process that is not wanted', () => {
  it('is stopped, and stays so', () => {
    const stopped = specOf({ wanted: 'stopped', restart: 'always' });
    expect(names(stopped, host(running))).toEqual(['process.stop']);
    expect(names(stopped, host(exited(0)))).toEqual([]);
    expect(names(stopped, host(null))).toEqual([]);
  });

  it('is removed with what is left of it', () => {
    const absent: ProcessSpec = { ...specOf(), run: null };
    expect(names(absent, host(running))).toEqual(['process.remove']);
    expect(names(absent, host(null, { layers: new Set(['id']) }))).toEqual(['process.remove']);
    expect(names(absent, host(null))).toEqual([]);
  });
});

it('nothing is planned where processes were not read', () => {
  expect(names(specOf({}, { isFirst: true }), { ...host(null), processes: null })).toEqual([]);
});
