import { appendFileSync } from 'node:fs';
import { startExecutor } from '../../executor/main.ts';
import { startServer } from '../../functions/server.ts';
import { startProcess } from '../../schema/process/process.ts';
import { StepFaults } from '../faults/steps.ts';

/*
 * `npm start` with fault injection, for tests only: WEFT_FAULT_LOG=<file> gets a line `<step>:<before|after>` for each
 * point that it reaches. WEFT_FAULT_AT=<step>:<before|after> sends WEFT_FAULT_SIGNAL (SIGKILL) to itself at that point.
 * WEFT_FAULT_FAIL=<step>:<n> makes the step fail permanently the nth time that it is applied; <step>:always each time.
 * WEFT_FAULT_TWICE=1 applies every step twice. WEFT_FAULT_TIMES=<JSON> sets these times of the loop, in milliseconds.
 */

const {
  WEFT_FAULT_AT: fatal,
  WEFT_FAULT_SIGNAL: signal = 'SIGKILL',
  WEFT_FAULT_LOG: log,
  WEFT_FAULT_FAIL: failing,
  WEFT_FAULT_TWICE: twice,
  WEFT_FAULT_TIMES: times = '{}',
} = process.env;

const faults = new StepFaults();
faults.twice = twice !== undefined;
faults.failing = failing;
faults.onPlace = (place) => {
  if (log !== undefined) appendFileSync(log, `${place}\n`);
  if (place === fatal) process.kill(process.pid, signal);
  return undefined;
};

await startProcess(async (context) => {
  const executor = await startExecutor(context, { wrap: faults.wrap, times: JSON.parse(times) });
  const server = await startServer(context.configuration, context.database, context.log);
  return {
    async close() {
      await server.close();
      await executor.close();
    },
  };
});
