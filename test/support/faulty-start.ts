import { appendFileSync } from 'node:fs';
import { startExecutor } from '../../executor/main.ts';
import { startServer } from '../../functions/server.ts';
import { startProcess } from '../../schema/process/process.ts';

/*
 * `npm start` with a kill switch, which only tests start. WEFT_FAULT_AT=<step>:<before|after> ends the process by
 * SIGKILL when it comes by there; WEFT_FAULT_LOG=<file> gets a line for each place that it comes by.
 */

const { WEFT_FAULT_AT: fault, WEFT_FAULT_LOG: log } = process.env;

function pass(step: string, place: 'before' | 'after'): void {
  if (log !== undefined) appendFileSync(log, `${step}:${place}\n`);
  if (`${step}:${place}` === fault) process.kill(process.pid, 'SIGKILL');
}

await startProcess(async (context) => {
  const executor = await startExecutor(context, pass);
  const server = await startServer(context.configuration, context.database, context.log);
  return {
    async close() {
      await server.close();
      await executor.close();
    },
  };
});
