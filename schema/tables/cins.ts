import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, unique, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { cens, containers } from './networks.ts';
import { resource } from './resource.ts';

/** A CIN: IPv4 addresses for the containers of one or more CENs. */
export const cins = sqliteTable(
  'cins',
  {
    ...resource,
    /** The first and the last address of its block, as numbers. */
    first: integer().notNull(),
    last: integer().notNull(),
    prefix: integer().notNull(),
    /** The offset of the first container's address; the gateway has the offset 1. */
    firstOffset: integer('first_offset').notNull(),
  },
  (table) => [
    unique('cins_name').on(table.hypervisor, table.name),
    unique('cins_first').on(table.hypervisor, table.first),
    index('cins_fleet_name').on(table.name),
    index('cins_created').on(table.createdMs, table.id),
  ],
);

/** CENs of CINs, each with the operations that added and removed it, like the members of CENs. */
export const cinCens = sqliteTable(
  'cin_cens',
  {
    id: integer().primaryKey(),
    cin: text()
      .notNull()
      .references(() => cins.id, { onDelete: 'cascade' }),
    cen: text()
      .notNull()
      .references(() => cens.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    added: integer().notNull(),
    removed: integer(),
  },
  (table) => [
    uniqueIndex('cin_cens_current').on(table.cen).where(sql`removed IS NULL`),
    index('cin_cens_cen').on(table.cen),
    index('cin_cens_cin').on(table.cin, table.position),
    index('cin_cens_added').on(table.added),
    index('cin_cens_removed').on(table.removed).where(sql`removed IS NOT NULL`),
  ],
);

/** Addresses of containers in CINs, allocated and released by triggers on memberships. */
export const cinAddresses = sqliteTable(
  'cin_addresses',
  {
    cin: text()
      .notNull()
      .references(() => cins.id, { onDelete: 'cascade' }),
    /** Counted from the first address of the block. */
    offset: integer().notNull(),
    /** Null: released. */
    container: text().references(() => containers.id, { onDelete: 'set null' }),
  },
  (table) => [
    primaryKey({ columns: [table.cin, table.offset] }),
    uniqueIndex('cin_addresses_container').on(table.container, table.cin).where(sql`container IS NOT NULL`),
    index('cin_addresses_free').on(table.cin, table.offset).where(sql`container IS NULL`),
  ],
);

/** Blocks of addresses that a hypervisor uses for something else than CINs, as its executor has seen them. */
export const hostBlocks = sqliteTable(
  'host_blocks',
  {
    hypervisor: text().notNull(),
    first: integer().notNull(),
    last: integer().notNull(),
    /** The link or route that uses it, in words. */
    usedBy: text('used_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hypervisor, table.first, table.last] })],
);
