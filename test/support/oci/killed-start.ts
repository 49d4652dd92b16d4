import { openRuntime } from '../../../executor/drivers/oci/runtime/runtime.ts';
import { startRequest } from './request.ts';

/** A process that starts a container and kills itself on the way: given as its only argument, as JSON. */
export interface KilledStart {
  readonly owner: string;
  readonly directory: string;
  readonly runDirectory: string;
  readonly lower: string;
  readonly args: readonly string[];
  /** A StartPlace. */
  readonly place: string;
}

const { owner, directory, runDirectory, lower, args, place }: KilledStart = JSON.parse(process.argv[2] ?? '');
const runtime = await openRuntime({
  ...{ directory, runDirectory },
  log: () => {},
  at: (reached) => {
    if (reached === place) process.kill(process.pid, 'SIGKILL');
  },
});
await runtime.start(startRequest(lower, args, owner));
await runtime.close();
