import type { cens, containers, members } from '../../tables/networks.ts';
import { type ImageSettingsRow, imageSettingsColumn } from '../images/rows.ts';
import type { AddressRow, CinCenRow, CinRow } from './cin-rows.ts';
import type { ContainerProcess, SeenProcess } from './process.ts';

/* Columns of containers, CENs and memberships that both operations and scans read. */

type Cen = typeof cens.$inferSelect;
type Container = typeof containers.$inferSelect;
type Member = typeof members.$inferSelect;

export interface CenRow extends Readonly<Pick<Cen, 'id' | 'name' | 'generation'>> {
  readonly link_name: Cen['linkName'];
  /** It is to be made. */
  readonly wanted: number;
}

export interface ContainerRow extends Readonly<Pick<Container, 'id' | 'name' | 'generation' | 'desired'>> {
  /** Its namespace exists, according to the last operation that succeeded. */
  readonly namespace: number;
  /** A {@link ProcessRow}, as JSON; null: it has no process and had none, or has nothing to do with the operation. */
  readonly process: string | null;
}

/** What a container runs, and all that this depends on. */
export interface ProcessRow {
  /** As it is to be; of an operation, maybe as a later one says. */
  readonly wanted: ContainerProcess | null;
  /** According to the last operation that succeeded. */
  readonly applied: ContainerProcess | null;
  readonly seen: SeenProcess | null;
  /** MB and cores; null: unlimited. */
  readonly memory: number | null;
  readonly vcpus: number | null;
  /** The same according to the last operation that succeeded. */
  readonly applied_memory: number | null;
  readonly applied_vcpus: number | null;
  /** Its interfaces that are there, according to the last operations on its CENs: it starts only with all of them. */
  readonly interfaces: readonly { readonly cen: string; readonly ordinal: number }[];
  /** Of the config of its hypervisor. */
  readonly image_settings: ImageSettingsRow;
  readonly mount_roots: string | null;
  readonly pids_limit: string | null;
}

/** SQL over `c`: a {@link ProcessRow} as JSON, or NULL; `exists` selects the memberships `m` that count. */
export function processColumn(exists: string): string {
  return `CASE WHEN coalesce(c.spec -> '$.process', c.applied_spec -> '$.process', c.process) IS NOT NULL THEN json_object(
    'wanted', json(c.spec -> '$.process'), 'applied', json(c.applied_spec -> '$.process'), 'seen', json(c.process),
    'memory', c.spec ->> '$.memory', 'vcpus', c.spec ->> '$.vcpus',
    'applied_memory', c.applied_spec ->> '$.memory', 'applied_vcpus', c.applied_spec ->> '$.vcpus',
    'interfaces', json((
      SELECT json_group_array(json_object('cen', m.cen, 'ordinal', m.ordinal)) FROM members m CROSS JOIN cens n ON n.id = m.cen
      WHERE m.container = c.id AND ${exists} AND n.wiring_type IS NOT NULL)),
    'image_settings', json((SELECT ${imageSettingsColumn} FROM hypervisors h WHERE h.id = c.hypervisor)),
    'mount_roots', (SELECT h.config ->> '$.mount_roots' FROM hypervisors h WHERE h.id = c.hypervisor),
    'pids_limit', (SELECT h.config ->> '$.pids_limit' FROM hypervisors h WHERE h.id = c.hypervisor)) END`;
}

/** A membership; the container by its name. */
export type MemberRow = Readonly<Pick<Member, 'container' | 'ordinal' | 'outside'>>;

/** CENs with their members, containers with their addresses, CINs, and the CENs of all CINs that have to do with them. */
export interface NetworkRows {
  readonly cens: readonly CenRow[];
  readonly members: readonly MemberRow[];
  readonly containers: readonly ContainerRow[];
  readonly cins: readonly CinRow[];
  readonly cinCens: readonly CinCenRow[];
  readonly addresses: readonly AddressRow[];
}

/** Columns of {@link CenRow} over `n`, and of {@link ContainerRow} over `c`. */
export const cenColumns = "n.id, n.name, n.link_name, n.generation, coalesce(n.spec ->> '$.made', 0) AS wanted";
export const containerColumns =
  "c.id, c.name, c.generation, c.desired, coalesce(c.applied_spec ->> '$.namespace', 0) AS namespace";
