import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { Checkpoints } from './checkpoints.ts';

/** More than it takes to have a checkpoint asked for. */
const MANY = 600;

function checkpointsOf(program: string) {
  const directory = temporaryDirectory();
  const file = join(directory, 'thread.mjs');
  writeFileSync(file, program);
  const warnings: string[] = [];
  let ended = 0;
  const checkpoints = new Checkpoints(
    join(directory, 'weft.db'),
    {
      warn: (message) => warnings.push(message),
      ended: () => {
        ended += 1;
      },
    },
    pathToFileURL(file),
  );
  onTestFinished(() => checkpoints.close());
  return { checkpoints, warnings, ended: () => ended };
}

const ask = (checkpoints: Checkpoints) => {
  for (let batch = 0; batch < MANY; batch += 1) checkpoints.count();
};

it('a thread that ends is announced and started once more; then whoever writes is told to do its work', async () => {
  const { checkpoints, warnings, ended } = checkpointsOf("throw new Error('as planned')");
  ask(checkpoints);
  await until('it was announced', () => warnings.length === 1);
  expect(warnings[0]).toMatch(/ended; it is started again/);
  expect(ended()).toBe(0);
  ask(checkpoints);
  await until('its work is handed over', () => ended() === 1);
  expect(warnings).toHaveLength(2);
  ask(checkpoints);
  expect(ended()).toBe(1);
});

it('a checkpoint that fails is announced once, and tried again', async () => {
  const { checkpoints, warnings, ended } = checkpointsOf(`
    import { parentPort } from 'node:worker_threads';
    let turn = 0;
    parentPort.on('message', (asked) => {
      if (asked === 'close') return parentPort.close();
      turn += 1;
      parentPort.postMessage(turn === 3 ? {} : { error: new Error(String(turn)) });
    });`);
  await until('the failure after a success is announced, too', () => {
    ask(checkpoints);
    return warnings.length === 2;
  });
  expect(ended()).toBe(0);
});
