import pino from 'pino';
import { startServer } from '../../../functions/server.ts';
import type { Database } from '../../../schema/database/database.ts';
import { readConfiguration } from '../../../schema/process/configuration.ts';
import { temporaryDatabase, temporaryDirectory } from '../../support/database.ts';
import { whenFinished } from '../../support/shared.ts';
import { MonitorStage } from './stage.ts';

/** A server on Node with an embedded database, a new one unless it is given. */
export async function serve(given?: Database) {
  const database = given ?? (await temporaryDatabase());
  const environment = { WEFT_LISTEN: '127.0.0.1:0', WEFT_STATE_DIR: temporaryDirectory() };
  const server = await startServer(readConfiguration(environment), database, pino({ level: 'silent' }));
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= server.close();
    return closed;
  };
  whenFinished(close);
  return { close, stage: new MonitorStage({ url: (server.urls[0] ?? '').replace(/\/$/, ''), database }) };
}
