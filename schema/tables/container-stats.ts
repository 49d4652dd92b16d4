import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { hypervisors } from './fleet.ts';

/** Readings of what the process of a container and all that it has started use together. */
export const containerStats = sqliteTable(
  'container_stats',
  {
    hypervisor: text()
      .notNull()
      .references(() => hypervisors.id, { onDelete: 'cascade' }),
    /** The same for all containers of a pass. */
    atMs: integer('at_ms').notNull(),
    /** Its id; the container may have been deleted since. */
    container: text().notNull(),
    /** When its process was started: what it has used is counted since then. */
    startedMs: integer('started_ms').notNull(),
    /** Time of processors in microseconds; null, as the numbers below: the host does not count it. */
    cpuUs: integer('cpu_us'),
    /** In bytes, without contents of files that the kernel may drop. */
    memory: integer(),
    /** In bytes; null: none. */
    memoryLimit: integer('memory_limit'),
    /** With threads. */
    processes: integer(),
    /** As JSON, a list of {@link InterfaceReading}. */
    interfaces: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hypervisor, table.atMs, table.container] })],
);
