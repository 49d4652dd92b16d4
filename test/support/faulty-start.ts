import { startExecutor } from '../../executor/main.ts';
import { startServer } from '../../functions/server.ts';
import { startProcess } from '../../schema/process/process.ts';

/*
 * `npm start` with a kill switch: WEFT_FAULT_AT=<step>:<before|after>[:<n>] ends the process by SIGKILL there, at the
 * n-th time that it comes by. Only tests start this program.
 */

const [step, place, turn = '1'] = (process.env.WEFT_FAULT_AT ?? '').split(':');
let left = Number(turn);

await startProcess(async (context) => {
  const executor = await startExecutor(context, (name, where) => {
    if (name !== step || where !== place) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  });
  const server = await startServer(context.configuration, context.database, context.log);
  return {
    async close() {
      await server.close();
      await executor.close();
    },
  };
});
