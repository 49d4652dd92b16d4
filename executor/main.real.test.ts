import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type Database, DatabaseError, statement } from '../schema/database/database.ts';
import { readConfiguration } from '../schema/process/configuration.ts';
import { temporaryDatabase, temporaryDirectory } from '../test/support/database.ts';
import { until } from '../test/support/until.ts';
import { lockHost } from './host/lock.ts';
import { type RunningExecutor, startExecutor } from './main.ts';

/** Starts an executor in this process. */
function start(database: Database, stateDirectory: string): Promise<RunningExecutor> {
  const configuration = readConfiguration({ WEFT_STATE_DIR: stateDirectory });
  return startExecutor({
    configuration,
    database,
    log: pino({ level: 'silent' }),
    stop: () => undefined,
    ready: Promise.resolve(),
    isReady: true,
  });
}

const threads = () => readdirSync('/proc/self/task').length;

/** Throws if something else still holds it. */
async function takeEverything(database: Database, stateDirectory: string): Promise<void> {
  const [[row]] = await database.read([statement<{ id: string }>('SELECT id FROM database')]);
  (await lockHost({ stateDirectory, database: row?.id ?? '' })).release();
  for (const port of [5555, 6666]) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a start that fails releases everything', () => {
  it('when the registration is refused', async () => {
    const [database, state] = [await temporaryDatabase(), join(temporaryDirectory(), 'state')];
    const first = await start(database, state);
    await first.close();
    await database.write([statement("UPDATE hypervisors SET machine_id = 'another'")]);
    const before = threads();
    await expect(start(database, state)).rejects.toThrow('is another machine');
    await until('its threads have ended', () => threads() <= before);
    await takeEverything(database, state);
  });

  it('when a later part of it fails', async () => {
    const [database, state] = [await temporaryDatabase(), join(temporaryDirectory(), 'state')];
    const failing: Database = {
      ...database,
      read: database.read.bind(database),
      write: (statements, options) =>
        options?.call === 'spp.forget'
          ? Promise.reject(new DatabaseError('fault', 'test', 'it fails as planned'))
          : database.write(statements, options),
    };
    const before = threads();
    await expect(start(failing, state)).rejects.toThrow('it fails as planned');
    await until('its threads have ended', () => threads() <= before);
    await takeEverything(database, state);
  });
});
