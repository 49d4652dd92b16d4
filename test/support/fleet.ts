import { type Database, statement } from '../../schema/database/database.ts';
import { type Ask, api } from './api.ts';
import { insertHypervisor } from './database.ts';

/* A fleet of two hypervisors, for tests of where a resource is placed. */

export async function give(database: Database, name: string, memory: number, cpu = 4): Promise<void> {
  await database.write([
    statement('UPDATE hypervisors SET total_memory = :memory, total_cpu = :cpu WHERE name = :name', {
      name,
      memory,
      cpu,
    }),
  ]);
}

export async function kill(database: Database, name: string): Promise<void> {
  await database.write([
    statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000 WHERE name = :name', { name }),
  ]);
}

/** host1 with 1000 MB and host2 with 2000 MB, both alive. */
export async function fleet(): Promise<{ database: Database; ask: Ask }> {
  const { database, ask } = await api();
  await insertHypervisor(database, 'host2');
  await give(database, 'host1', 1000);
  await give(database, 'host2', 2000);
  return { database, ask };
}
