import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { hypervisors } from './fleet.ts';

/** Readings of what virtual machines use, also of those that weft did not make. */
export const domainStats = sqliteTable(
  'domain_stats',
  {
    hypervisor: text()
      .notNull()
      .references(() => hypervisors.id, { onDelete: 'cascade' }),
    /** The same for all domains of a pass: of its processors and its interfaces. */
    atMs: integer('at_ms').notNull(),
    /** libvirt's UUID of it; the domain may have been deleted since. */
    domain: text().notNull(),
    /** libvirt's number of its process: counters begin anew with another one. */
    run: integer().notNull(),
    /** virsh's word. */
    state: text().notNull(),
    /** Time of processors in microseconds since its start. */
    cpuUs: integer('cpu_us'),
    vcpus: integer(),
    /** When its process answered last: `memory` and `disks` are from then. Null: it has not yet, and they are empty. */
    answeredMs: integer('answered_ms'),
    /** As JSON, a {@link MemoryReading}. */
    memory: text().notNull(),
    /** As JSON, a list of {@link DiskReading}. */
    disks: text().notNull(),
    /** As JSON, a list of {@link NicReading}. */
    nics: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hypervisor, table.atMs, table.domain] })],
);
