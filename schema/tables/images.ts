import { index, integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { resource } from './resource.ts';

/** An image on a hypervisor: an unpacked one for containers, or later a disk. */
export const images = sqliteTable(
  'images',
  {
    ...resource,
    kind: text({ enum: ['oci', 'disk'] }).notNull(),
    /** What its name stood for where it came from; null: it is not on the host yet. */
    digest: text(),
    /** In bytes. */
    size: integer(),
    /** When it was built, as it says itself. */
    created: text(),
  },
  (table) => [
    unique('images_name').on(table.hypervisor, table.kind, table.name),
    index('images_fleet_name').on(table.kind, table.name, table.hypervisor),
  ],
);
