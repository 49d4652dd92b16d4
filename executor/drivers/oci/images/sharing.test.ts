import { describe, expect, it } from 'vitest';
import { ImageError } from './errors.ts';
import { SharedTasks } from './sharing.ts';

/** A task that ends when it is told to, and the signals that it was started with. */
function controlled() {
  const started: AbortSignal[] = [];
  const ends: ((value: string) => void)[] = [];
  const task = (signal: AbortSignal) => {
    started.push(signal);
    return new Promise<string>((resolve, reject) => {
      ends.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  return { started, task, end: (value: string) => ends.at(-1)?.(value) };
}

const never = () => new AbortController().signal;

describe('a shared task', () => {
  it('is run once for all who wait, and again after its end', async () => {
    const tasks = new SharedTasks<string>();
    const { started, task, end } = controlled();
    const both = [tasks.run('a', 'pull a', never(), task), tasks.run('a', 'pull a', never(), task)];
    end('first');
    expect([await Promise.all(both), started.length]).toEqual([['first', 'first'], 1]);
    const again = tasks.run('a', 'pull a', never(), task);
    end('second');
    expect([await again, started.length]).toEqual(['second', 2]);
  });

  it('is not shared with other keys', async () => {
    const tasks = new SharedTasks<string>();
    const { started, task } = controlled();
    tasks.run('a', 'pull a', never(), task).catch(() => {});
    tasks.run('b', 'pull b', never(), task).catch(() => {});
    expect(started).toHaveLength(2);
    await tasks.abort(new Error('end'));
  });

  it('goes on while anybody waits, and is aborted with the last', async () => {
    const tasks = new SharedTasks<string>();
    const { started, task } = controlled();
    const callers = [new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => tasks.run('a', 'pull a', signal, task));
    callers[0]?.abort();
    await expect(calls[0]).rejects.toMatchObject({ code: 'aborted', action: 'pull a' });
    expect(started[0]?.aborted).toBe(false);
    callers[1]?.abort();
    expect(started[0]?.aborted).toBe(true);
    await expect(calls[1]).rejects.toBeInstanceOf(ImageError);
  });

  it('that was aborted is joined by nobody', async () => {
    const tasks = new SharedTasks<string>();
    const { started, task, end } = controlled();
    const caller = new AbortController();
    const aborted = tasks.run('a', 'pull a', caller.signal, task);
    caller.abort();
    const next = tasks.run('a', 'pull a', never(), task);
    end('next');
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    expect([await next, started.length]).toEqual(['next', 2]);
  });

  it('is not started for a caller that has given up', async () => {
    const { started, task } = controlled();
    const call = new SharedTasks<string>().run('a', 'pull a', AbortSignal.abort(), task);
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    expect(started).toEqual([]);
  });
});
