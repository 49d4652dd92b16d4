import { index, integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { hypervisors } from './fleet.ts';
import { resource } from './resource.ts';

/** A virtual machine on a hypervisor; its id is its UUID in libvirt. */
export const domains = sqliteTable(
  'domains',
  {
    ...resource,
    /** libvirt's reason for the observed state, in virsh's words. */
    reason: text(),
  },
  (table) => [
    unique('domains_name').on(table.hypervisor, table.name),
    index('domains_fleet_name').on(table.name, table.hypervisor),
    index('domains_created').on(table.hypervisor, table.createdMs, table.id),
  ],
);

/** A disk of a domain; its position is its unit on the domain's only controller. */
export const domainDisks = sqliteTable(
  'domain_disks',
  {
    domain: text()
      .notNull()
      .references(() => domains.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    /** In GB. */
    size: integer().notNull(),
    /** What the guest reads as the disk's serial number. */
    serial: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.domain, table.position] })],
);

/** An interface of a domain, in a network of libvirt's on its hypervisor. */
export const domainNics = sqliteTable(
  'domain_nics',
  {
    domain: text()
      .notNull()
      .references(() => domains.id, { onDelete: 'cascade' }),
    hypervisor: text().notNull(),
    position: integer().notNull(),
    network: text().notNull(),
    /** Unique in the fleet. */
    mac: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.domain, table.position] }),
    unique('domain_nics_mac').on(table.mac),
    index('domain_nics_network').on(table.hypervisor, table.network),
  ],
);

/** A domain that others have made. */
export const foreignDomains = sqliteTable(
  'foreign_domains',
  {
    hypervisor: text()
      .notNull()
      .references(() => hypervisors.id, { onDelete: 'cascade' }),
    uuid: text().notNull(),
    name: text().notNull(),
    state: text().notNull(),
    /** In MB. */
    memory: integer().notNull(),
    vcpus: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hypervisor, table.uuid] }),
    index('foreign_domains_name').on(table.hypervisor, table.name),
    index('foreign_domains_fleet_name').on(table.name, table.hypervisor),
  ],
);
