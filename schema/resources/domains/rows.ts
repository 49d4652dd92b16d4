import { type Statement, statement } from '../../database/database.ts';
import type { domains } from '../../tables/domains.ts';
import type { RowOf } from '../../tables/row.ts';
import type { DomainDisk, DomainNic, DomainSpec } from './spec.ts';

/** Positions in a subject, `hypervisors/<UUID>/domains/<name>`, counted from 1 as in SQL. */
const HYPERVISOR_AT = 'hypervisors/'.length + 1;
const KIND_AT = HYPERVISOR_AT + 36;
const NAME_AT = KIND_AT + '/domains/'.length;

/** Of a row of domains, `d`. */
export const domainSubject = "'hypervisors/' || d.hypervisor || '/domains/' || d.name";

export function domainSubjectOf(hypervisor: string, name: string): string {
  return `hypervisors/${hypervisor}/domains/${name}`;
}

export function domainOfSubject(subject: string): string {
  return subject.slice(NAME_AT - 1);
}

/** The name of a domain in a subject, as SQL. */
export function domainNameIn(subject: string): string {
  return `substr(${subject}, ${NAME_AT})`;
}

/** What the label of an object on the host says of its owner, and what the host's events call it. */
export function domainResource(id: string): string {
  return `domains/${id}`;
}

/** How a hypervisor's config has domains treated. */
export interface DomainSettings {
  /** What happens to a domain that has crashed. */
  readonly onCrash: 'restart' | 'leave';
  /** How long a guest may take to shut down. */
  readonly shutdownTimeoutMs: number;
}

const SHUTDOWN_TIMEOUT_S = 120;

/** A domain as it is wanted: all that its definition in libvirt needs. */
export interface WantedDomain extends DomainSpec {
  /** Its UUID in libvirt. */
  readonly id: string;
  readonly name: string;
  /** What its metadata says beside its owner. */
  readonly generation: number;
  readonly disks: readonly DomainDisk[];
  readonly nics: readonly DomainNic[];
}

export interface DomainRow
  extends Pick<RowOf<typeof domains>, 'id' | 'name' | 'generation' | 'desired' | 'state' | 'reason'> {
  readonly disks: readonly DomainDisk[];
  readonly nics: readonly DomainNic[];
  /** What is wanted in the end, when all that was asked for is done. */
  readonly spec: DomainSpec;
  /** What was last brought about; null: it was never there. */
  readonly applied: DomainSpec | null;
}

const ownColumns = ['id', 'name', 'generation', 'desired', 'state', 'reason', 'spec', 'applied_spec'] as const;

/** A row as it is read; specs, disks and interfaces are JSON. */
export interface ReadRow extends Pick<RowOf<typeof domains>, (typeof ownColumns)[number]> {
  readonly disks: string;
  readonly nics: string;
}

/** As JSON, of a row of domains, `d`. */
export const disksColumn = `(
  SELECT json_group_array(json_object('position', k.position, 'size', k.size, 'serial', k.serial)) FROM (
    SELECT x.position, x.size, x.serial FROM domain_disks x WHERE x.domain = d.id ORDER BY x.position) k)`;
export const nicsColumn = `(
  SELECT json_group_array(json_object('position', n.position, 'network', n.network, 'mac', n.mac)) FROM (
    SELECT x.position, x.network, x.mac FROM domain_nics x WHERE x.domain = d.id ORDER BY x.position) n)`;

export const rowColumns = `
  ${ownColumns.map((column) => `d.${column}`).join(', ')}, ${disksColumn} AS disks, ${nicsColumn} AS nics`;

export function rowOf({ spec, applied_spec, disks, nics, ...row }: ReadRow): DomainRow {
  return {
    ...row,
    spec: JSON.parse(spec),
    applied: applied_spec === null ? null : JSON.parse(applied_spec),
    disks: JSON.parse(disks),
    nics: JSON.parse(nics),
  };
}

/** The domain of a row, with what is wanted of it. */
export function wantedOf({ id, name, generation, disks, nics }: DomainRow, spec: DomainSpec): WantedDomain {
  const { memory, vcpus, autostart, power } = spec;
  return { id, name, generation, memory, vcpus, autostart, power, disks, nics };
}

export interface SettingsRow {
  readonly on_crash: string | null;
  readonly shutdown_timeout: string | null;
}

/** To be read on the snapshot of an operation's other rows: {@link settingsOf} the first row. */
export function selectSettings(hypervisor: string): Statement<SettingsRow> {
  return statement<SettingsRow>(
    `SELECT config ->> '$.on_crash' AS on_crash, config ->> '$.shutdown_timeout' AS shutdown_timeout
     FROM hypervisors WHERE id = :hypervisor`,
    { hypervisor },
  );
}

export function settingsOf(row: SettingsRow | undefined): DomainSettings {
  return {
    onCrash: row?.on_crash === 'leave' ? 'leave' : 'restart',
    shutdownTimeoutMs: Number(row?.shutdown_timeout ?? SHUTDOWN_TIMEOUT_S) * 1000,
  };
}
