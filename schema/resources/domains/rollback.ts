import { type Statement, statement } from '../../database/database.ts';
import type { Arguments } from '../../statements/ending.ts';
import { powerAfterSql } from './power.ts';
import { domainNameIn, domainSubject } from './rows.ts';
import { ADOPT_DOMAIN, CREATE_DOMAIN, DELETE_DOMAIN, DISCARD_DOMAIN, POWER_DOMAIN, UPDATE_DOMAIN } from './spec.ts';

const listed = (...kinds: readonly string[]) => kinds.map((kind) => `'${kind}'`).join(', ');

/** The domains that these operations, of these kinds, are about. */
function decided(which: string, kinds: string): string {
  return `SELECT x.id FROM operations o
    CROSS JOIN domains x ON x.hypervisor = o.hypervisor AND x.name = ${domainNameIn('o.resource')}
    WHERE o.sequence IN (${which}) AND o.kind IN (${kinds})`;
}

/** Of all other unfinished operations of these kinds on the domain `d`, the last one's `value` that is not NULL. */
function last(which: string, kinds: string, value: string): string {
  return `(SELECT ${value} FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
    WHERE s.subject = ${domainSubject} AND o.kind IN (${kinds}) AND s.sequence NOT IN (${which}) AND ${value} IS NOT NULL
    ORDER BY s.sequence DESC LIMIT 1)`;
}

const requestedPower = `
  CASE o.kind WHEN '${CREATE_DOMAIN}' THEN CASE WHEN o.request ->> '$.start' THEN 'running' ELSE 'shut off' END
    ELSE ${powerAfterSql("o.request ->> '$.action'")} END`;

/** What is wanted of these domains is what the last other unfinished operation says of each member, else what is there. */
export function foldSpec(which: string): string {
  const member = (name: string) => `json(coalesce(
    ${last(which, listed(CREATE_DOMAIN, UPDATE_DOMAIN), `o.request -> '$.${name}'`)}, d.applied_spec -> '$.${name}'))`;
  const power = last(which, listed(CREATE_DOMAIN, POWER_DOMAIN), requestedPower);
  return `
    UPDATE domains AS d SET spec = json_object(
      'memory', ${member('memory')}, 'vcpus', ${member('vcpus')}, 'autostart', ${member('autostart')},
      'power', coalesce(${power}, d.applied_spec ->> '$.power'))
    WHERE id IN (${decided(which, listed(CREATE_DOMAIN, ADOPT_DOMAIN, UPDATE_DOMAIN, POWER_DOMAIN))})`;
}

/** Deletes the domains that `condition` selects over `d`, with their reservations; disks and interfaces go with them. */
export function dropDomains(condition: string): string[] {
  return [
    `DELETE FROM reservations WHERE owner IN (SELECT ${domainSubject} FROM domains d WHERE ${condition})`,
    `DELETE FROM domains WHERE id IN (SELECT d.id FROM domains d WHERE ${condition})`,
  ];
}

/**
 * Takes back what operations that have not succeeded wanted. A domain that was never there is dropped, also if other
 * operations on it are to follow: these find no domain.
 */
export function rollbackDomains(which: string, args: Arguments): Statement<never>[] {
  const wasNeverThere = `d.applied_spec IS NULL
    AND d.id IN (${decided(which, listed(CREATE_DOMAIN, ADOPT_DOMAIN, DISCARD_DOMAIN))})`;
  return [
    foldSpec(which),
    `UPDATE reservations SET memory = d.spec ->> '$.memory', cpu = d.spec ->> '$.vcpus' FROM domains d
     WHERE reservations.owner = ${domainSubject} AND d.id IN (${decided(which, listed(UPDATE_DOMAIN))})`,
    `UPDATE domains AS d SET desired = 'present'
     WHERE desired = 'absent' AND id IN (${decided(which, listed(DELETE_DOMAIN))})
       AND ${last(which, listed(DELETE_DOMAIN), 'o.kind')} IS NULL`,
    ...dropDomains(wasNeverThere),
  ].map((sql) => statement(sql, args));
}
