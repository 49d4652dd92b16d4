import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const hypervisors = sqliteTable(
  'hypervisors',
  {
    id: text().primaryKey(),
    name: text().notNull().unique(),
    machineId: text('machine_id'),
    bootId: text('boot_id'),
    /** Number of starts of its executor; every write of an executor names the epoch it took. */
    epoch: integer().notNull(),
    lastSeenMs: integer('last_seen_ms'),
    scannedMs: integer('scanned_ms'),
    executorVersion: text('executor_version'),
    capabilities: text().notNull(),
    createdMs: integer('created_ms').notNull(),
    /** Why there is a removal hold at present, as JSON. */
    held: text(),
    /** Number of changes by clients to it, its config and its subnets; the value of its ETag. */
    revision: integer().notNull(),
    ip: text().notNull(),
    netmask: text().notNull(),
    gateway: text().notNull(),
    mac: text().notNull(),
    metadata: text().notNull(),
    config: text().notNull(),
    /** In MB, MB and cores. */
    totalMemory: integer('total_memory').notNull(),
    totalDisk: integer('total_disk').notNull(),
    totalCpu: integer('total_cpu').notNull(),
    /** What a client withholds from guests: total − withheld − reserved is available. */
    withheldMemory: integer('withheld_memory').notNull(),
    withheldDisk: integer('withheld_disk').notNull(),
    withheldCpu: integer('withheld_cpu').notNull(),
    /** In MB, as last reported by its executor. */
    freeMemory: integer('free_memory'),
    /** The load average of one minute, as last reported by its executor. */
    load: real(),
    /** In MB, MB and cores: the sums of its reservations, maintained by triggers. */
    reservedMemory: integer('reserved_memory').notNull(),
    reservedDisk: integer('reserved_disk').notNull(),
    reservedCpu: integer('reserved_cpu').notNull(),
  },
  (table) => [index('hypervisors_created').on(table.createdMs, table.id)],
);

/** Objects on a host that bear this database's label and have no row. */
export const orphans = sqliteTable(
  'orphans',
  {
    hypervisor: text().notNull(),
    /** What it is, as its technology calls it: `link`, `namespace`. */
    kind: text().notNull(),
    /** The namespace that a link is in; empty: the host's own. */
    place: text().notNull(),
    name: text().notNull(),
    label: text().notNull(),
    /** Number of scans that have seen it, up to two. */
    scans: integer().notNull(),
    firstSeenMs: integer('first_seen_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hypervisor, table.kind, table.place, table.name, table.label] })],
);

/** Resources of a hypervisor that are reserved for guests and containers, by their subject. */
export const reservations = sqliteTable(
  'reservations',
  {
    owner: text().primaryKey(),
    hypervisor: text()
      .notNull()
      .references(() => hypervisors.id, { onDelete: 'cascade' }),
    memory: integer().notNull(),
    disk: integer().notNull(),
    cpu: integer().notNull(),
  },
  (table) => [index('reservations_hypervisor').on(table.hypervisor)],
);

/**
 * A range of addresses. A subnet that is only associated and not defined has none. Offsets count from the first address
 * of `cidr`, and stay below 2^53.
 */
export const subnets = sqliteTable(
  'subnets',
  {
    id: text().primaryKey(),
    cidr: text(),
    gateway: text(),
    first: text(),
    last: text(),
    firstOffset: integer('first_offset'),
    lastOffset: integer('last_offset'),
    gatewayOffset: integer('gateway_offset'),
    metadata: text().notNull(),
    revision: integer().notNull(),
    createdMs: integer('created_ms').notNull(),
    /** Number of its reserved addresses, maintained by triggers. */
    reserved: integer().notNull(),
  },
  (table) => [index('subnets_created').on(table.createdMs, table.id)],
);

/** A reserved address of a subnet. */
export const addresses = sqliteTable(
  'addresses',
  {
    subnet: text()
      .notNull()
      .references(() => subnets.id),
    offset: integer().notNull(),
    /** A subject of weft, or a text of the client's. */
    owner: text().notNull(),
    /** Id of the operation that reserved it. */
    operation: text().notNull(),
    createdMs: integer('created_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subnet, table.offset] }),
    index('addresses_owner').on(table.owner),
    index('addresses_operation').on(table.operation),
  ],
);

/** The reserved offsets of a subnet, a row for each run of neighbours, maintained by triggers. */
export const addressRuns = sqliteTable(
  'address_runs',
  {
    subnet: text().notNull(),
    first: integer().notNull(),
    last: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.subnet, table.first] })],
);

/** The interface by which a hypervisor is associated with a subnet. */
export const subnetInterfaces = sqliteTable(
  'subnet_interfaces',
  {
    hypervisor: text()
      .notNull()
      .references(() => hypervisors.id, { onDelete: 'cascade' }),
    subnet: text()
      .notNull()
      .references(() => subnets.id),
    interface: text().notNull(),
    /** Of the bridge on the host; `failed`: `error` says why it cannot be created. */
    state: text({ enum: ['pending', 'ready', 'failed'] }).notNull(),
    error: text(),
    createdMs: integer('created_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hypervisor, table.subnet] }),
    index('subnet_interfaces_subnet').on(table.subnet),
    index('subnet_interfaces_created').on(table.hypervisor, table.createdMs, table.subnet),
  ],
);
