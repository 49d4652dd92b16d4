import { now, type Statement, statement, type Value } from '../../database/database.ts';
import type { Finished, OperationDefinition } from '../definition.ts';
import { FAILURES_UNTIL_DEGRADED, failuresInARow } from '../failures.ts';
import { dropDomains, foldSpec, rollbackDomains } from './rollback.ts';
import { domainOfSubject, domainSubject } from './rows.ts';
import {
  ADOPT_DOMAIN,
  CREATE_DOMAIN,
  changesOf,
  DELETE_DOMAIN,
  DISCARD_DOMAIN,
  type DomainDisk,
  type DomainNic,
  type DomainSpec,
  POWER_DOMAIN,
  REPAIR_DOMAIN,
  UPDATE_DOMAIN,
} from './spec.ts';

/** What libvirt says of a domain, in virsh's words. */
export interface ObservedDomain {
  readonly state: string;
  readonly reason: string | null;
}

/** An adopted domain as the host has it. */
export interface AdoptedDomain {
  readonly spec: DomainSpec;
  readonly disks: readonly DomainDisk[];
  readonly nics: readonly DomainNic[];
}

/** The host when an operation has ended. */
export interface DomainEnd {
  /** Null: the host has no such domain, or the operation did not succeed. */
  readonly observed: ObservedDomain | null;
  /** Of an adoption that succeeded. */
  readonly adopted?: AdoptedDomain;
}

const thisDomain = 'd.hypervisor = :hypervisor AND d.name = :name';

const observed = `
  error = NULL, reason = :reason, state = :state,
  state_since_ms = CASE state WHEN :state THEN state_since_ms ELSE ${now} END`;

/** One with the same name that is wanted was asked for after this one was deleted. */
const dropped = dropDomains(`${thisDomain} AND d.desired = 'absent'`);

const applied = [
  `UPDATE domains AS d SET applied_spec = json_patch(coalesce(applied_spec, '{}'), :changes), ${observed} WHERE ${thisDomain}`,
];

/** It exists already: what it has is reserved, whether there is room for it or not. */
const adopted = [
  `UPDATE domains AS d SET applied_spec = :changes, ${observed} WHERE ${thisDomain}`,
  foldSpec('SELECT :sequence'),
  `INSERT INTO domain_disks (domain, position, size, serial)
   SELECT d.id, j.value ->> 'position', j.value ->> 'size', j.value ->> 'serial'
   FROM domains d CROSS JOIN json_each(:disks) j WHERE ${thisDomain}`,
  // Another domain of the fleet may have its address.
  `INSERT OR IGNORE INTO domain_nics (domain, hypervisor, position, network, mac)
   SELECT d.id, d.hypervisor, j.value ->> 'position', j.value ->> 'network', j.value ->> 'mac'
   FROM domains d CROSS JOIN json_each(:nics) j WHERE ${thisDomain}`,
  `INSERT INTO reservations (owner, hypervisor, memory, disk, cpu)
   SELECT ${domainSubject}, d.hypervisor, d.spec ->> '$.memory',
     (SELECT coalesce(sum(k.size), 0) * 1024 FROM domain_disks k WHERE k.domain = d.id), d.spec ->> '$.vcpus'
   FROM domains d WHERE ${thisDomain}
   ON CONFLICT (owner) DO UPDATE SET memory = excluded.memory, disk = excluded.disk, cpu = excluded.cpu`,
];

const repaired = [
  ...dropDomains(`${thisDomain} AND d.desired = 'absent' AND :state = 'missing'`),
  `UPDATE domains AS d SET ${observed} WHERE ${thisDomain}`,
];

const whenSucceeded: Readonly<Record<string, readonly string[]>> = {
  [CREATE_DOMAIN]: applied,
  [POWER_DOMAIN]: applied,
  [UPDATE_DOMAIN]: applied,
  [DELETE_DOMAIN]: dropped,
  [ADOPT_DOMAIN]: adopted,
  [DISCARD_DOMAIN]: dropped,
  [REPAIR_DOMAIN]: repaired,
};

/** One that is there stays as it is. */
const recordFailure = `UPDATE domains AS d SET error = :error WHERE ${thisDomain}`;

/** A failed removal is repaired, and shown: what it has left is unknown. */
const keepDesired = `
  UPDATE domains AS d SET error = :error,
    state = CASE WHEN :kind <> '${REPAIR_DOMAIN}' OR ${failuresInARow(':resource')} >= ${FAILURES_UNTIL_DEGRADED}
      THEN 'degraded' ELSE d.state END
  WHERE ${thisDomain}`;

/** Writes the end of an operation into its domain's row. */
export function finishDomain(
  { hypervisor, operation, ending, end }: Finished<DomainEnd>,
  { onFailure }: OperationDefinition,
): Statement[] {
  const { kind, resource, sequence } = operation;
  const args: Record<string, Value> = {
    ...{ hypervisor, kind, resource, sequence },
    name: domainOfSubject(resource),
    error: ending.status === 'succeeded' ? null : JSON.stringify(ending.error),
    state: end.observed?.state ?? 'missing',
    reason: end.observed?.reason ?? null,
    changes: JSON.stringify(end.adopted?.spec ?? changesOf(operation)),
    disks: JSON.stringify(end.adopted?.disks ?? []),
    nics: JSON.stringify(end.adopted?.nics ?? []),
  };
  const run = (texts: readonly string[]) => texts.map((sql) => statement(sql, args));
  if (ending.status === 'succeeded') return run(whenSucceeded[kind] ?? []);
  if (ending.status === 'failed' && onFailure === 'repair') return run([keepDesired]);
  const takenBack = rollbackDomains('SELECT :sequence', args);
  return ending.status === 'failed' ? [...takenBack, ...run([recordFailure])] : takenBack;
}
