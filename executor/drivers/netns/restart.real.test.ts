import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ip, refusalOf } from '../../../test/support/netns-workbench.ts';
import { until } from '../../../test/support/until.ts';
import { failureOf } from '../../loop/failure.ts';
import { openNetnsDriver } from './driver.ts';
import { type HostChange, openNetnsMonitor } from './monitor.ts';

const started = vi.hoisted((): Worker[] => []);

/** The threads are real; the test keeps references, to terminate them. */
vi.mock('node:worker_threads', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:worker_threads')>();
  class KeptWorker extends original.Worker {
    constructor(...args: ConstructorParameters<typeof original.Worker>) {
      super(...args);
      started.push(this);
    }
  }
  return { ...original, Worker: KeptWorker };
});

const label = 'weft:test/restart';

test('a driver whose thread crashes is away for a moment, and recovers', async () => {
  const log: string[] = [];
  const driver = await openNetnsDriver({ log: (level, text) => log.push(`${level} ${text}`) });
  onTestFinished(async () => {
    await driver.deleteNamespace({ name: 'ra', label });
    await driver.close();
  });
  await driver.createNamespace({ name: 'ra', label });
  const first = started.at(-1);
  const asked = driver.view('all').then(
    () => null,
    (error: unknown) => error,
  );
  void first?.terminate();
  const outcome = await asked;
  if (outcome !== null) expect(outcome).toMatchObject({ code: 'away', transient: true });
  await until('it is away', () => !driver.health().available);
  expect(driver.health()).toMatchObject({ reason: expect.stringContaining('the netns driver ended unexpectedly') });
  const refused = await refusalOf(driver.view('all'));
  expect(failureOf(refused)).toMatchObject({ away: true, transient: true, problem: { code: 'unavailable' } });

  await until('it is there again', () => driver.health().available);
  expect(started.at(-1)).not.toBe(first);
  const { namespaces } = await driver.view('all');
  expect(namespaces.map(({ name }) => name)).toEqual(['ra']);
  expect(log).toEqual([
    expect.stringMatching(/^warn the netns driver ended unexpectedly: .*; it is opened again$/),
    'info the netns driver is there again',
  ]);
});

test('a monitor that loses its socket listens again, and reports that anything may have changed', async () => {
  const told: HostChange[] = [];
  const before = new Set(sockets());
  const monitor = await openNetnsMonitor({ changed: (change) => told.push(change) });
  onTestFinished(() => monitor.close());
  for (const socket of sockets()) if (!before.has(socket)) closeSync(socket);
  await until('it is away', () => !monitor.health().available);
  await until('it is there again', () => monitor.health().available);
  expect(told.filter(({ everything }) => everything)).toHaveLength(1);
  ip('link', 'add', 'wake', 'type', 'bridge');
  onTestFinished(() => void ip('link', 'delete', 'wake'));
  await until('it tells of changes again', () => told.at(-1)?.names.includes('wake'));
});

/** Descriptors of this process that are sockets. */
function sockets(): number[] {
  return readdirSync('/proc/self/fd').map(Number).filter(isSocket);
}

function isSocket(descriptor: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:');
  } catch {
    // The descriptor of the directory, which was read through it.
    return false;
  }
}
