import { sql } from 'drizzle-orm';
import { index, sqliteTable, unique } from 'drizzle-orm/sqlite-core';
import { resource } from './resource.ts';

/** A pool: a number of like containers in the same networks. */
export const cpools = sqliteTable('cpools', resource, (table) => [
  unique('cpools_name').on(table.hypervisor, table.name),
  index('cpools_fleet_name').on(table.name),
  index('cpools_image').on(table.hypervisor, sql`spec ->> '$.type'`),
]);
