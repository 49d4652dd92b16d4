import { index, integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { resource } from './resource.ts';

/** A libvirt network on a bridge of Open vSwitch, whose ports have one VLAN tag; `id` is libvirt's UUID of it. */
export const vlanNetworks = sqliteTable(
  'vlan_networks',
  {
    ...resource,
    /** As seen on the host, 0 or 1, like the two that follow; null: it is not there. */
    autostart: integer(),
    persistent: integer(),
    uuid: text(),
  },
  (table) => [
    unique('vlan_networks_name').on(table.hypervisor, table.name),
    index('vlan_networks_fleet_name').on(table.name, table.hypervisor),
  ],
);

/** A network of a host's libvirt that weft did not make. */
export const foreignNetworks = sqliteTable(
  'foreign_networks',
  {
    hypervisor: text().notNull(),
    name: text().notNull(),
    uuid: text().notNull(),
    state: text({ enum: ['active', 'inactive'] }).notNull(),
    /** 0 or 1, like the next. */
    autostart: integer().notNull(),
    persistent: integer().notNull(),
    /** Null: it has none. */
    bridge: text(),
    /** Null: its ports have no tag, or several. */
    vlan: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.hypervisor, table.name] }),
    index('foreign_networks_fleet_name').on(table.name, table.hypervisor),
  ],
);
