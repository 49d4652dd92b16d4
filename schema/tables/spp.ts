import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** A Soft Patch Panel process that is, or was, connected to the executor of a hypervisor. */
export const sppProcesses = sqliteTable(
  'spp_processes',
  {
    hypervisor: text().notNull(),
    /** Its client id; 0: the primary, which has none. */
    process: integer().notNull(),
    type: text({ enum: ['primary', 'vf', 'nfv', 'mirror', 'pcap'] }).notNull(),
    connected: integer().notNull(),
    /** Its primary was restarted: its shared memory is gone until it is restarted, too. */
    stale: integer().notNull(),
    address: text(),
    /** As last read, in the normal form of schema/api/spp/status.ts. */
    status: text().notNull(),
    /** The body of the answer to a GET. */
    body: text().notNull(),
    /** Increases with each reading by an executor: an older reading never replaces a newer one. */
    version: integer().notNull(),
    sinceMs: integer('since_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hypervisor, table.process] }),
    index('spp_processes_fleet').on(table.process, table.hypervisor),
  ],
);

/** Configuration that the API set on a process, replayed when the process reconnects without it. */
export const sppItems = sqliteTable(
  'spp_items',
  {
    hypervisor: text().notNull(),
    process: integer().notNull(),
    /** Of the process: one of another type may connect with the same id. */
    type: text().notNull(),
    kind: text({ enum: ['component', 'port', 'classifier', 'patch', 'forwarding'] }).notNull(),
    /** Unique on a process: a component's name, `<component> <rx|tx> <port>`, … */
    name: text().notNull(),
    /** The command that sets it. */
    spec: text().notNull(),
    /** `refused`: the process rejected it in a replay; it is not tried again automatically. */
    state: text({ enum: ['set', 'refused'] }).notNull(),
    error: text(),
    /** Sequence of the operation that set it. */
    operation: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hypervisor, table.process, table.kind, table.name] })],
);
