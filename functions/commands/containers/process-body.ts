import type { ContainerBody } from '../../../schema/api/leviathan.ts';
import { type ContainerProcess, nextStart, type SeenProcess } from '../../../schema/resources/network/process.ts';
import { timestamp } from '../../operations/operation.ts';

type ProcessBody = Partial<Omit<ContainerBody, 'contID' | 'hostID' | 'state'>>;

/** What a container's representation has of its process. */
export function processBody(process: ContainerProcess, seen: SeenProcess | null): ProcessBody {
  const { image, entrypoint, command, env, user, workdir, mounts, restart, wanted } = process;
  const next = nextStart(process, seen);
  return {
    image,
    ...(entrypoint && { entrypoint: [...entrypoint] }),
    ...(command && { command: [...command] }),
    ...(env && { env: [...env] }),
    ...(user !== undefined && { user }),
    ...(workdir !== undefined && { workdir }),
    ...(mounts && { mounts: [...mounts] }),
    ...{ restart, wanted },
    ...(seen === null ? {} : seenBody(seen)),
    ...(next === null ? {} : { next_start: timestamp(next) }),
  };
}

function seenBody({ exit_code, reason, started, finished, restarts }: SeenProcess): ProcessBody {
  return {
    ...{ exit_code, restarts, started: timestamp(started) },
    finished: finished === null ? null : timestamp(finished),
    ...(reason === null ? {} : { reason }),
  };
}
