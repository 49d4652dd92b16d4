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
    /** Its primary was started again under it: what it does is lost on the others until it is restarted, too. */
    stale: integer().notNull(),
    address: text(),
    /** As it last said, in the normal form of schema/api/spp/status.ts. */
    status: text().notNull(),
    /** What a GET of it answers. */
    body: text().notNull(),
    /** Grows with each reading of one executor: an older one never replaces a newer. */
    version: integer().notNull(),
    sinceMs: integer('since_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hypervisor, table.process] }),
    index('spp_processes_fleet').on(table.process, table.hypervisor),
  ],
);

/** What the API set on a process, and is set again when the process comes back without it. */
export const sppItems = sqliteTable(
  'spp_items',
  {
    hypervisor: text().notNull(),
    process: integer().notNull(),
    /** Of the process: another one may come with its id. */
    type: text().notNull(),
    kind: text({ enum: ['component', 'port', 'classifier', 'patch', 'forwarding'] }).notNull(),
    /** What there is one of on a process: a component's name, `<component> <rx|tx> <port>`, … */
    name: text().notNull(),
    /** The command that sets it. */
    spec: text().notNull(),
    /** `refused`: the process did not take it when it came back; it is not tried again by itself. */
    state: text({ enum: ['set', 'refused'] }).notNull(),
    error: text(),
    /** Sequence of the operation that set it. */
    operation: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.hypervisor, table.process, table.kind, table.name] })],
);
