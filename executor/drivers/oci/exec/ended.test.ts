import { describe, expect, test } from 'vitest';
import { reasonOf } from './ended.ts';
import { ExecuteError, type ExecuteErrorCode } from './errors.ts';

const CUT = 'exec failed: unable to start container process: read init-p: connection reset by peer';
const missing = new ExecuteError('missing', 'run ls in c1', 'the container is stopped');

function errorOf(code: ExecuteErrorCode, detail: string): ExecuteError {
  return new ExecuteError(code, 'run ls in c1', detail);
}

/** A container that runs so many times that it is looked at. */
function endingAfter(looks: number) {
  const seen = { looks: 0 };
  const requireRunning = async () => {
    seen.looks += 1;
    if (seen.looks > looks) throw missing;
  };
  return { seen, requireRunning };
}

describe('a command that was not run', () => {
  test('while its container was ending has no running process', async () => {
    expect(await reasonOf(errorOf('refused', CUT), endingAfter(3).requireRunning)).toBe(missing);
    expect(await reasonOf(errorOf('host', 'its control group is gone'), endingAfter(0).requireRunning)).toBe(missing);
  });

  test('in a container that runs on has its own reason, at once if that is plain', async () => {
    const error = errorOf(
      'refused',
      'exec failed: unable to start container process: exec: "nothing": executable file not found in $PATH',
    );
    const { seen, requireRunning } = endingAfter(1);
    expect(await reasonOf(error, requireRunning)).toBe(error);
    expect(seen.looks).toBe(1);
    const cut = errorOf('refused', CUT);
    expect(await reasonOf(cut, endingAfter(Number.POSITIVE_INFINITY).requireRunning, 30)).toBe(cut);
  });

  test('since it was wrong, or too late, has that reason', async () => {
    for (const code of ['invalid', 'expired', 'missing_program'] as const) {
      const error = errorOf(code, 'no');
      expect(await reasonOf(error, endingAfter(0).requireRunning)).toBe(error);
    }
  });
});
