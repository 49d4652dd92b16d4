import { startExecutor } from './executor/main.ts';
import { startServer } from './functions/server.ts';
import { type ProcessContext, type Running, startProcess } from './schema/process/process.ts';

/** `npm start`: the API and this host's executor in one process, which then owns the database file. */
async function start(context: ProcessContext): Promise<Running> {
  const serve = () => startServer(context.configuration, context.database, context.log);
  // While the database is away the API reports that; else it starts when there is an executor for its operations.
  const early = context.isReady ? undefined : await serve();
  try {
    const executor = await startExecutor(context);
    const server = early ?? (await serve().catch((error: unknown) => closeFirst(executor, error)));
    context.log.info(`weft is up at ${server.urls[0]}/`);
    return {
      async close() {
        // Requests that wait for operations which the executor releases are notified at once.
        await Promise.all([server.close(), executor.close()]);
      },
    };
  } catch (error) {
    return await closeFirst(early, error);
  }
}

async function closeFirst(running: Running | undefined, error: unknown): Promise<never> {
  await running?.close();
  throw error;
}

if (import.meta.main) await startProcess(start);
