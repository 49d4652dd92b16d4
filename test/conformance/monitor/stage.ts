import type { ClientOptions } from 'ws';
import type { Database } from '../../../schema/database/database.ts';
import { CinRows } from '../../support/cin-rows.ts';
import { insertHypervisor } from '../../support/database.ts';
import { connectMonitor, type MonitorClient } from '../../support/monitor-client.ts';

let count = 0;

interface StageOptions {
  readonly url: string;
  readonly database: Database;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API with its database, for tests that share it: each has CINs of its own. */
export class MonitorStage {
  readonly url: string;
  readonly database: Database;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ url, database, headers = {} }: StageOptions) {
    this.url = url;
    this.database = database;
    this.headers = headers;
  }

  /** A CIN over CENs `<its name>-a`, `-b`, …, all of them made, without containers, on a hypervisor of its own. */
  async cin(cens = 1, name = `cin${++count}`): Promise<CinRows> {
    const rows = new CinRows(this.database, await insertHypervisor(this.database, `host${++count}`), name);
    await rows.insert(Array.from({ length: cens }, (_, index) => `${name}-${'abcd'[index]}`));
    return rows;
  }

  connect(
    path?: string,
    headers: Readonly<Record<string, string>> = {},
    options: ClientOptions = {},
  ): Promise<MonitorClient> {
    return connectMonitor(this.url, { ...options, headers: { ...this.headers, ...headers } }, path);
  }
}
