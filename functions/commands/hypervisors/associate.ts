import type { SubnetsPatch } from '../../../schema/api/fleet/hypervisors.ts';
import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { has } from '../../../schema/statements/technologies.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision } from '../../operations/conflict.ts';
import { type Intent, insertOperation, insertOwnSubject } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor } from '../../operations/targets/target.ts';
import { changeOf, freeNames, touch } from './associations.ts';
import type { ReadHypervisor } from './read.ts';

/** A subnet that nobody has defined yet. */
const insertStubs = `
  INSERT INTO subnets (id, metadata, revision, created_ms)
  SELECT j.key, '{}', 1, ${now} FROM json_each(:subnets) j WHERE true
  ON CONFLICT (id) DO NOTHING`;

/** What the executor is known not to be able to make says so at once. */
const upsert = `
  INSERT INTO subnet_interfaces (hypervisor, subnet, interface, state, error, created_ms)
  SELECT h.id, j.key, j.value, CASE WHEN h.obstacle IS NULL THEN 'pending' ELSE 'failed' END,
    CASE WHEN h.obstacle IS NOT NULL THEN json_set(:incapable, '$.detail', h.obstacle, '$.message', h.obstacle) END, ${now}
  FROM (
    SELECT r.id, CASE WHEN NOT ${has('r', 'netns')} THEN :incapable ->> '$.detail' || (r.capabilities ->> '$.netns.reason') END AS obstacle
    FROM hypervisors r WHERE r.id = ${hypervisor}
  ) h CROSS JOIN json_each(:subnets) j
  WHERE true
  ON CONFLICT (hypervisor, subnet) DO UPDATE
  SET interface = excluded.interface, state = excluded.state, error = excluded.error WHERE interface <> excluded.interface`;

/** One name on the host for as long as any association has it. */
const allocateNames = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT DISTINCT s.hypervisor, 'link', s.interface, 'interfaces/' || s.hypervisor || '/' || s.interface
  FROM subnet_interfaces s
  WHERE s.hypervisor = ${hypervisor} AND NOT EXISTS (
    SELECT 1 FROM host_names x
    WHERE x.hypervisor = s.hypervisor AND x.kind = 'link' AND x.name = s.interface AND x.owner = 'interfaces/' || s.hypervisor || '/' || s.interface)`;

/** Merges into the map of subnets and interfaces; a subnet nobody has defined is recorded without addresses. */
export function associate(
  { principal }: CommandContext,
  { body: { id } }: ReadHypervisor,
  patch: SubnetsPatch,
  revision: number | null,
): Intent {
  const operation = newId();
  const incapable = new Problem('impossible', 'This hypervisor cannot make bridges: ');
  const args = { operation, subnets: JSON.stringify(patch), incapable: JSON.stringify(incapable) };
  return {
    operation,
    statements: [
      insertOperation(changeOf(operation, id, principal, patch)),
      ...guardRevision('hypervisors', id, revision, () => unknownHypervisor(id)),
      statement(insertStubs, args),
      statement(upsert, args),
      statement(freeNames, args),
      statement(allocateNames, args),
      statement(touch, args),
      insertOwnSubject(operation),
    ],
    constraints: [{ violated: 'host_names', problem: (database) => nameConflict(database, id, Object.values(patch)) }],
  };
}

/** Has the host brought in line with the associations as they are now: what one request changed of them stays changed. */
export function changeAgain({ principal }: CommandContext, id: string, request: SubnetsPatch): Intent {
  const operation = newId();
  return {
    operation,
    statements: [insertOperation(changeOf(operation, id, principal, request)), insertOwnSubject(operation)],
  };
}

/** A name that a CEN or a container has on that host. */
async function nameConflict(database: Database, hypervisorId: string, interfaces: readonly string[]): Promise<Problem> {
  const [rows] = await database.read([
    statement<{ name: string; owner: string }>(
      `SELECT x.name, coalesce('CEN ' || n.name, 'a container') AS owner FROM json_each(:interfaces) j
       CROSS JOIN host_names x ON x.hypervisor = :hypervisor AND x.kind = 'link' AND x.name = j.value
       LEFT JOIN cens n ON n.id = x.owner
       WHERE x.owner NOT LIKE 'interfaces/%'`,
      { interfaces: JSON.stringify(interfaces), hypervisor: hypervisorId },
    ),
  ]);
  const found = rows[0];
  return new Problem('conflict', `Link ${found?.name} belongs to ${found?.owner ?? 'something else'}`, {
    hint: 'Choose another interface',
  });
}
