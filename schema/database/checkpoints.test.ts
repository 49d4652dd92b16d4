import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { Checkpoints } from './checkpoints.ts';
import { ThreadHandle } from './thread-handle.ts';

/** More batches than trigger a checkpoint. */
const MANY = 600;

function checkpointsOf(program: URL) {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  let starts = 0;
  let ended = 0;
  const data = () => {
    starts += 1;
    return { path: '', synchronous: 'full', files: new Map() } as const;
  };
  const thread = new ThreadHandle(data, warn, { program });
  const checkpoints = new Checkpoints(thread, {
    warn,
    ended: () => {
      ended += 1;
    },
  });
  onTestFinished(() => {
    checkpoints.close();
    thread.close();
  });
  return { checkpoints, warnings, starts: () => starts, ended: () => ended };
}

const ask = (checkpoints: Checkpoints) => {
  for (let batch = 0; batch < MANY; batch += 1) checkpoints.count();
};

it.each([
  ['that ends', new URL("data:text/javascript,throw new Error('as planned')"), /ended/],
  ['that cannot be started', new URL('https://example.com/thread.mjs'), /could not be started/],
])(
  'a thread %s is announced and tried once more; then whoever writes is told to do its work',
  async (_what, program, warning) => {
    const { checkpoints, warnings, starts, ended } = checkpointsOf(program);
    ask(checkpoints);
    await until('it was announced', () => warnings.length === 1);
    expect(ended()).toBe(0);
    await until('its work is handed over', () => {
      ask(checkpoints);
      return ended() === 1;
    });
    const alone = expect.stringContaining('between the requests from now on');
    expect(warnings).toEqual([expect.stringMatching(warning), expect.stringMatching(warning), alone]);
    ask(checkpoints);
    expect([starts(), ended()]).toEqual([2, 1]);
  },
);

it('a checkpoint that fails is logged once, and tried again', async () => {
  const file = join(temporaryDirectory(), 'thread.mjs');
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads';
     const error = { isErrorCopy: true, code: 'unavailable', reason: 'SQLITE_FULL', message: 'full', committed: 'no' };
     let turn = 0;
     parentPort.on('message', (asked) => {
       if (asked === 'close') return parentPort.close();
       turn += 1;
       parentPort.postMessage(turn === 3 ? [] : error);
     });`,
  );
  const { checkpoints, warnings, starts, ended } = checkpointsOf(pathToFileURL(file));
  await until('the failure after a success is announced, too', () => {
    ask(checkpoints);
    return warnings.length === 2;
  });
  expect([starts(), ended()]).toEqual([1, 0]);
});
