import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogPage, LogRequest } from '../../../schema/api/leviathan-calls.ts';
import { Problem } from '../../../schema/problem.ts';
import { LogError } from '../../drivers/oci/log/errors.ts';
import { readLog } from '../../drivers/oci/log/read.ts';
import { watchLog } from '../../drivers/oci/log/watch.ts';
import type { ContainersPeer } from '../../peers/containers.ts';
import type { Call } from './plan.ts';

/** Of one host at the same time: each holds an operation of the loop. Others are answered that there is nothing. */
const WAITING_MAX = 16;

/** Reads the log of the container of this id. */
export function logs({ paths, runtime }: Pick<ContainersPeer, 'paths' | 'runtime'>) {
  let waiting = 0;
  return async (owner: string, { request }: Call): Promise<LogPage> => {
    const { contID, since, limit, wait }: LogRequest = JSON.parse(request);
    const directory = join(paths.layers, owner, 'log');
    if (!(await isDirectory(directory))) throw noLog(contID);
    const read = async (from: string | null) => {
      const ended = (await runtime.view([owner])).get(owner)?.phase !== 'running';
      return readOn({ directory, limit, ended }, from);
    };
    try {
      const page = await read(since);
      if (page.lines.length > 0 || wait === 0 || waiting >= WAITING_MAX) return page;
      waiting += 1;
      try {
        return await readLater(directory, page, wait, read);
      } finally {
        waiting -= 1;
      }
    } catch (cause) {
      if (!(cause instanceof LogError)) throw cause;
      throw new Problem('invalid', 'since is neither the next of an earlier answer nor a time in UTC', { cause });
    }
  };
}

interface Reading {
  readonly directory: string;
  readonly limit: number;
  readonly ended: boolean;
}

/** A page of the driver may be empty and not the last one. */
async function readOn(reading: Reading, since: string | null): Promise<LogPage> {
  let [from, gap] = [since, false];
  for (;;) {
    const { entries, next, gap: lost } = await readLog({ ...reading, since: from });
    gap ||= lost;
    if (entries.length > 0 || next === from) return { lines: [...entries], next, gap };
    from = next;
  }
}

/** The first page with a line, or the last one when the time is over. */
async function readLater(
  directory: string,
  first: LogPage,
  milliseconds: number,
  read: (since: string) => Promise<LogPage>,
): Promise<LogPage> {
  const end = performance.now() + milliseconds;
  const changes = new Changes(directory);
  let page = first;
  try {
    while (page.lines.length === 0 && (await changes.next(end - performance.now()))) {
      const { lines, next, gap } = await read(page.next);
      page = { lines, next, gap: page.gap || gap };
    }
    return page;
  } finally {
    changes.close();
  }
}

/** Changes of a log since they were last waited for. */
class Changes {
  readonly close: () => void;
  /** The log may have grown between its first reading and now. */
  #changed = true;
  #wake: (() => void) | undefined;

  constructor(directory: string) {
    this.close = watchLog(directory, () => {
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** Whether there was one in time. */
  async next(milliseconds: number): Promise<boolean> {
    if (milliseconds <= 0) return false;
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function noLog(container: string): Problem {
  return new Problem('conflict', `Container ${container} has no log: no process was started in it`);
}
