import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOST, type SeenProcess } from '../../../schema/resources/network/process.ts';
import type { SeenNote } from '../../../schema/resources/network/process-note.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import { ProcessWatch } from './process-watch.ts';

const NOW = 1_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const running = (owner: string): ProcessView => ({
  ...{ owner, number: 1, digest: 'd', lower: '/', limits: { memory: null, cpus: null }, phase: 'running', pid: 5 },
  ...{ startedMs: NOW - 20_000, restarts: 0, failures: 0, detached: false, exit: null },
});

/** It ran for a second, and `failures` runs before it, too. */
const exited = (owner: string, failures = 0): ProcessView => ({
  ...{ ...running(owner), phase: 'exited', pid: null, failures, startedMs: NOW - 1_000 },
  exit: { code: 1, finishedMs: NOW, reason: null },
});

/** A watch on a host whose processes a test sets. */
class Stage {
  readonly views = new Map<string, ProcessView>();
  readonly records: string[][] = [];
  readonly notes: SeenNote[] = [];
  readonly warnings: string[] = [];
  readonly due: string[] = [];
  /** What comes of a record. */
  answer: () => Promise<void> = async () => undefined;
  #listener: ((owner: string) => void) | null = null;

  readonly watch = new ProcessWatch({
    runtime: {
      view: async (owners) => new Map([...this.views].filter(([owner]) => owners === 'all' || owners.includes(owner))),
      subscribe: (listener) => {
        this.#listener = listener;
        return () => {
          this.#listener = null;
        };
      },
    },
    record: async (found) => {
      await this.answer();
      this.notes.push(...found);
      this.records.push(found.map(({ owner, seen }) => `${owner} ${seen.running ? 'runs' : 'ended'}`));
    },
    log: { warn: (_fields: unknown, message?: string) => this.warnings.push(message ?? '') },
  });

  constructor() {
    this.watch.subscribe((owners) => this.due.push(...owners));
  }

  get isSubscribed(): boolean {
    return this.#listener !== null;
  }

  refuse(message: string): void {
    this.answer = () => Promise.reject(new Error(message));
  }

  happens(view: ProcessView): void {
    this.views.set(view.owner, view);
    this.#listener?.(view.owner);
  }

  isRemoved(owner: string): void {
    this.views.delete(owner);
    this.#listener?.(owner);
  }
}

describe('starts and ends of processes', () => {
  it('that happen together are recorded together, as they are then', async () => {
    const stage = new Stage();
    for (const view of [running('a'), running('b'), exited('a')]) stage.happens(view);
    expect(stage.records).toEqual([]);
    await vi.advanceTimersByTimeAsync(20);
    expect(stage.records).toEqual([['a ended', 'b runs']]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.records).toHaveLength(1);
  });

  it('of one that was removed meanwhile are not recorded', async () => {
    const stage = new Stage();
    stage.happens(running('a'));
    stage.isRemoved('a');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stage.records).toEqual([]);
  });

  it('that the database does not take are recorded a second later, and one line is logged', async () => {
    const stage = new Stage();
    stage.refuse('the database is away');
    stage.happens(running('a'));
    await vi.advanceTimersByTimeAsync(20);
    stage.happens(running('b'));
    await vi.advanceTimersByTimeAsync(2_500);
    expect(stage.records).toEqual([]);
    expect(stage.warnings).toEqual(['the states of processes could not be recorded']);
    stage.answer = async () => undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(stage.records).toEqual([['a runs', 'b runs']]);
    stage.refuse('again');
    stage.happens(exited('a'));
    await vi.advanceTimersByTimeAsync(20);
    expect(stage.warnings).toHaveLength(2);
  });
});

describe('the begin of a watch', () => {
  const before: SeenProcess = {
    ...{ number: 4, running: true, started: 7, finished: null, exit_code: null, reason: null },
    ...{ restarts: 2, failures: 0 },
  };

  it('records what there is, and what was lost since', async () => {
    const stage = new Stage();
    stage.views.set('a', running('a'));
    stage.views.set('b', exited('b'));
    await stage.watch.begin(new Map(['a', 'gone'].map((owner) => [owner, before])));
    expect(stage.records).toEqual([['gone ended', 'a runs', 'b ended']]);
    expect(stage.notes[0]?.seen).toEqual({ ...before, running: false, finished: NOW, reason: LOST });
    await vi.advanceTimersByTimeAsync(100);
    expect(stage.due).toEqual(['b']);
  });

  it('records nothing where there is nothing', async () => {
    const stage = new Stage();
    await stage.watch.begin(new Map());
    expect(stage.records).toEqual([]);
  });
});

describe('a process that has ended', () => {
  it.each([
    [0, 100],
    [1, 200],
    [3, 800],
    [20, 60_000],
  ])('after %i failures in a row is due after %i ms, once, and not before', async (failures, pause) => {
    const stage = new Stage();
    stage.happens(exited('a', failures));
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(stage.due).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.due).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stage.due).toEqual(['a']);
  });

  it('is not due if it was started meanwhile', async () => {
    const stage = new Stage();
    stage.happens(exited('a', 5));
    await vi.advanceTimersByTimeAsync(30);
    stage.happens(running('a'));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stage.due).toEqual([]);
  });

  it('is due although the database is away', async () => {
    const stage = new Stage();
    stage.refuse('the database is away');
    stage.happens(exited('a'));
    await vi.advanceTimersByTimeAsync(150);
    expect(stage.due).toEqual(['a']);
  });

  it('is not told to one that has unsubscribed', async () => {
    const stage = new Stage();
    const told: string[] = [];
    stage.watch.subscribe((owners) => told.push(...owners))();
    stage.happens(exited('a'));
    await vi.advanceTimersByTimeAsync(150);
    expect([told, stage.due]).toEqual([[], ['a']]);
  });
});

describe('a watch that is closed', () => {
  it('does nothing more, also if its last record fails then', async () => {
    const stage = new Stage();
    const { promise, reject } = Promise.withResolvers<void>();
    stage.answer = () => promise;
    stage.happens(exited('a', 5));
    await vi.advanceTimersByTimeAsync(20);
    const closed = stage.watch.close();
    reject(new Error('the database is away'));
    await closed;
    expect(stage.isSubscribed).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sets no timer for what it was just reading', async () => {
    const stage = new Stage();
    stage.happens(exited('a', 5));
    vi.advanceTimersByTime(20);
    await stage.watch.close();
    expect(stage.records).toEqual([['a ended']]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
