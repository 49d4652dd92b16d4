import { startExecutor } from './executor/main.ts';
import { startServer } from './functions/server.ts';
import { startProcess } from './schema/process/process.ts';

/** `npm start`: the API and this host's executor in one process, which then owns the database file. */
await startProcess(async (context) => {
  const executor = await startExecutor(context);
  const server = await startServer(context.configuration, context.database, context.log).catch(
    async (error: unknown) => {
      await executor.close();
      throw error;
    },
  );
  context.log.info(`weft is up: curl ${server.urls[0]}/ says where to go`);
  return {
    async close() {
      await server.close();
      await executor.close();
    },
  };
});
