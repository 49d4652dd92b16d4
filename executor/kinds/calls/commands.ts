import { join } from 'node:path';
import type { Execute, Executed } from '../../../schema/api/leviathan-calls.ts';
import { Problem, type ProblemCode } from '../../../schema/problem.ts';
import { ExecuteError, type ExecuteErrorCode } from '../../drivers/oci/exec/errors.ts';
import { type Execution, execute } from '../../drivers/oci/exec/execute.ts';
import type { ContainerPaths, ContainersPeer } from '../../peers/containers.ts';
import { fitted } from './fitted.ts';
import type { Call } from './plan.ts';

/** Of one host at the same time: each may hold an operation of the loop for minutes, and all their output is in memory. */
const COMMANDS_MAX = 16;

const codes: Readonly<Record<Exclude<ExecuteErrorCode, 'expired'>, ProblemCode>> = {
  invalid: 'invalid',
  missing: 'conflict',
  refused: 'impossible',
  missing_program: 'impossible',
  host: 'internal',
};

/** Of runc, and of the commands that run. */
export function commandDirectories({ run }: Pick<ContainerPaths, 'run'>) {
  return { runRoot: join(run, 'runc'), directory: join(run, 'commands') };
}

/** Runs the command of a call in the container of this id. */
export function commands({ paths, expires }: Pick<ContainersPeer, 'paths' | 'expires'>) {
  const { runRoot, directory } = commandDirectories(paths);
  let running = 0;
  return async (owner: string, { id, request }: Call): Promise<Executed> => {
    const { contID, command, timeout }: Execute = JSON.parse(request);
    if (running >= COMMANDS_MAX) {
      throw new Problem(
        'unavailable',
        `${COMMANDS_MAX} commands are running on this host, the most that it runs at once`,
      );
    }
    running += 1;
    try {
      return answerOf(
        await execute({
          ...{ owner, command, expires, timeoutMs: timeout * 1000 },
          runRoot,
          directory: join(directory, id),
        }),
      );
    } catch (error) {
      throw problemOf(error, contID);
    } finally {
      running -= 1;
    }
  };
}

function answerOf({ exitCode, stdout, stderr, timedOut }: Execution): Executed {
  const [out, err] = [fitted(stdout), fitted(stderr)];
  return {
    exit_code: exitCode,
    stdout: out.text,
    stderr: err.text,
    timed_out: timedOut,
    truncated: out.truncated || err.truncated,
  };
}

/** At runc a container has the id of its row, which the client does not know: so its own name is told. */
function problemOf(error: unknown, container: string): unknown {
  if (!(error instanceof ExecuteError) || error.code === 'expired') return error;
  const { code, detail } = error;
  if (code === 'missing') {
    return new Problem('conflict', `Container ${container} has no running process`, {
      hint: 'A command needs the process of an image, which has been started and has not exited',
      cause: error,
    });
  }
  return new Problem(codes[code], `The command could not be run in ${container}: ${detail}`, { cause: error });
}
