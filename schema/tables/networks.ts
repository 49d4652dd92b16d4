import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, unique, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { cpools } from './pools.ts';
import { resource } from './resource.ts';

/** A container: a network namespace on a hypervisor. */
export const containers = sqliteTable(
  'containers',
  {
    ...resource,
    /** The name, shortened to at most 10 bytes: the prefix of its link names if the name itself is too long. */
    shortName: text('short_name').notNull(),
    /** Null: it is in no pool. */
    pool: text().references(() => cpools.id, { onDelete: 'set null' }),
    /** What was last seen of its process, as JSON; null: it has not had one. */
    process: text(),
  },
  (table) => [
    unique('containers_name').on(table.hypervisor, table.name),
    index('containers_fleet_name').on(table.name),
    index('containers_process').on(table.hypervisor, table.id).where(sql`process IS NOT NULL`),
    index('containers_pool').on(table.pool).where(sql`pool IS NOT NULL`),
    index('containers_image')
      .on(table.hypervisor, sql`spec ->> '$.process.image'`)
      .where(sql`spec ->> '$.process.image' IS NOT NULL`),
  ],
);

/** A CEN: one Ethernet segment, a veth pair between two containers or a bridge for more. */
export const cens = sqliteTable(
  'cens',
  {
    ...resource,
    /** The name of its bridge, and of its interface in each container. */
    linkName: text('link_name').notNull(),
    wiringType: text('wiring_type', { enum: ['wire', 'bridge'] }),
  },
  (table) => [unique('cens_name').on(table.hypervisor, table.name), index('cens_fleet_name').on(table.name)],
);

/**
 * Memberships of containers in CENs, each with the operations that added and removed it: an operation sees the members
 * as of its own place in the order, and one that fails rolls its own changes back without affecting later ones.
 */
export const members = sqliteTable(
  'members',
  {
    id: integer().primaryKey(),
    cen: text()
      .notNull()
      .references(() => cens.id, { onDelete: 'cascade' }),
    container: text()
      .notNull()
      .references(() => containers.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    /** The n of the container's link names `<container>.<n>o`: the lowest free one. */
    ordinal: integer().notNull(),
    outside: text().notNull(),
    added: integer().notNull(),
    removed: integer(),
  },
  (table) => [
    uniqueIndex('members_current').on(table.cen, table.container).where(sql`removed IS NULL`),
    unique('members_ordinal').on(table.container, table.ordinal),
    index('members_cen').on(table.cen, table.position),
    index('members_added').on(table.added),
    index('members_removed').on(table.removed).where(sql`removed IS NOT NULL`),
  ],
);
