import type { HostBody } from '../../../schema/api/compute/hosts.ts';
import { disksColumn, domainSubject, nicsColumn } from '../../../schema/resources/domains/rows.ts';
import { CREATE_DOMAIN, type DomainDisk, type DomainNic } from '../../../schema/resources/domains/spec.ts';
import type { domains, foreignDomains } from '../../../schema/tables/domains.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { Scope } from '../networks/places.ts';

/* What reads select of domains: of weft's own, `d`, and of the others, `f`, each with its hypervisor, `h`. */

export interface DomainRow
  extends Pick<RowOf<typeof domains>, 'id' | 'name' | 'hypervisor' | 'desired' | 'state' | 'generation'>,
    Pick<RowOf<typeof foreignDomains>, 'memory' | 'vcpus'> {
  readonly host: string;
  readonly managed: number;
  readonly autostart: number | null;
  /** JSON; null: of the others. */
  readonly disks: string | null;
  readonly nics: string | null;
  readonly problem: string | null;
  /** An unfinished operation changes it. */
  readonly busy: number;
  /** One of them creates it. */
  readonly creating: number;
  /** Its host has no libvirt at the moment, or libvirt does not respond. */
  readonly unknown: number;
}

export const libvirtIsAway = "NOT coalesce(h.capabilities ->> '$.libvirt.available', 0)";

const operationsOn = `FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence WHERE s.subject = ${domainSubject}`;

export const managedColumns = `
  d.name AS name, d.hypervisor AS hypervisor, h.name AS host, 1 AS managed, d.id, d.desired, d.state, d.generation,
  d.spec ->> '$.memory' AS memory, d.spec ->> '$.vcpus' AS vcpus, d.spec ->> '$.autostart' AS autostart,
  ${disksColumn} AS disks, ${nicsColumn} AS nics, d.error ->> '$.detail' AS problem, ${libvirtIsAway} AS unknown,
  EXISTS (SELECT 1 ${operationsOn}) AS busy, EXISTS (SELECT 1 ${operationsOn} AND o.kind = '${CREATE_DOMAIN}') AS creating`;

export const foreignColumns = `
  f.name, f.hypervisor, h.name, 0, f.uuid, 'present', f.state, 0, f.memory, f.vcpus, NULL, NULL, NULL, NULL,
  ${libvirtIsAway}, 0, 0`;

/** A name that both have is weft's: it says what is wrong with it. */
export const notManaged = `NOT EXISTS (
  SELECT 1 FROM domains x WHERE x.hypervisor = f.hypervisor AND x.name = f.name)`;

/** What a list contains. */
export type Kept = `${Scope} ${'all' | 'managed'}`;

export function keptOf(scope: Scope, managedOnly: boolean): Kept {
  return `${scope} ${managedOnly ? 'managed' : 'all'}`;
}

export function bodyOf(row: DomainRow): HostBody {
  const { id, name, memory, vcpus, host, managed, autostart, problem } = row;
  return {
    ...{ id, name, state: stateOf(row), memory, vcpus },
    disks: row.disks === null ? null : disksOf(JSON.parse(row.disks)),
    networks: row.nics === null ? null : networksOf(JSON.parse(row.nics)),
    autostart: autostart === null ? null : autostart === 1,
    ...{ hypervisor: host, managed: managed === 1, error: problem },
  };
}

function disksOf(disks: readonly DomainDisk[]): HostBody['disks'] {
  return disks.map(({ size, serial }) => ({ size, serial }));
}

function networksOf(nics: readonly DomainNic[]): HostBody['networks'] {
  return nics.map(({ network, mac }) => ({ name: network, mac }));
}

function stateOf({ desired, state, busy, creating, unknown }: DomainRow): string {
  if (creating === 1) return 'defining';
  if (desired === 'absent' && (busy === 1 || state !== 'degraded')) return 'deleting';
  if (state === 'pending') return 'defining';
  return unknown === 1 ? 'unknown' : state;
}
