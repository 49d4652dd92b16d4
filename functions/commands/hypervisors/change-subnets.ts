import * as v from 'valibot';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { bridgesSubject } from '../../../schema/resources/bridges.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { has } from '../../../schema/statements/technologies.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import type { Asked } from '../../operations/command-definition.ts';
import { revisionGuards } from '../../operations/conflict.ts';
import { hypervisor, ownSubject } from '../../operations/operation-statements.ts';
import { byId } from '../../operations/targets/target.ts';
import { missingHypervisor } from './hypervisor.ts';
import { readNamedHypervisor, readNamedWithSubnets } from './read.ts';

/** For each subnet, the hypervisor's new interface in it; empty: the hypervisor leaves the subnet. */
const changeSchema = v.record(v.string(), v.string());
type Change = Readonly<v.InferOutput<typeof changeSchema>>;

/** Inserts undefined subnets for unknown ids. */
const insertStubs = `
  INSERT INTO subnets (id, metadata, revision, created_ms)
  SELECT j.key, '{}', 1, ${now} FROM json_each(:subnets) j WHERE j.value <> ''
  ON CONFLICT (id) DO NOTHING`;

/** The error of an interface that the executor is known to be unable to create, set when the request is recorded. */
const upsert = `
  INSERT INTO subnet_interfaces (hypervisor, subnet, interface, state, error, created_ms)
  SELECT h.id, j.key, j.value, CASE WHEN h.obstacle IS NULL THEN 'pending' ELSE 'failed' END,
    CASE WHEN h.obstacle IS NOT NULL THEN json_set(:incapable, '$.detail', h.obstacle, '$.message', h.obstacle) END, ${now}
  FROM (
    SELECT r.id, CASE WHEN NOT ${has('r', 'netns')} THEN :incapable ->> '$.detail' || (r.capabilities ->> '$.netns.reason') END AS obstacle
    FROM hypervisors r WHERE r.id = ${hypervisor}
  ) h CROSS JOIN json_each(:subnets) j
  WHERE j.value <> ''
  ON CONFLICT (hypervisor, subnet) DO UPDATE
  SET interface = excluded.interface, state = excluded.state, error = excluded.error WHERE interface <> excluded.interface`;

/** An interface name is reserved on the host for as long as an association has it. */
const allocateNames = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT DISTINCT s.hypervisor, 'link', s.interface, 'interfaces/' || s.hypervisor || '/' || s.interface
  FROM subnet_interfaces s
  WHERE s.hypervisor = ${hypervisor} AND NOT EXISTS (
    SELECT 1 FROM host_names x
    WHERE x.hypervisor = s.hypervisor AND x.kind = 'link' AND x.name = s.interface AND x.owner = 'interfaces/' || s.hypervisor || '/' || s.interface)`;

const allAssociated = `NOT EXISTS (
  SELECT 1 FROM json_each(:subnets) j WHERE j.value = '' AND NOT EXISTS (
    SELECT 1 FROM subnet_interfaces s WHERE s.hypervisor = ${hypervisor} AND s.subnet = j.key))`;

const removeAssociations = `
  DELETE FROM subnet_interfaces
  WHERE hypervisor = ${hypervisor} AND subnet IN (SELECT j.key FROM json_each(:subnets) j WHERE j.value = '')`;

const freeNames = `
  DELETE FROM host_names
  WHERE hypervisor = ${hypervisor} AND kind = 'link' AND owner = 'interfaces/' || hypervisor || '/' || name
    AND NOT EXISTS (SELECT 1 FROM subnet_interfaces s WHERE s.hypervisor = host_names.hypervisor AND s.interface = host_names.name)`;

const touch = `UPDATE hypervisors SET revision = revision + 1 WHERE id = ${hypervisor}`;

const leaving = (change: Change) => Object.keys(change).filter((subnet) => change[subnet] === '');

/** A retry converges the host to the current associations: their rows were not rolled back. */
const once = (text: string) => (asked: Pick<Asked<Change>, 'isRetry'>) => (asked.isRetry ? null : text);

const rows = [insertStubs, upsert, removeAssociations, freeNames, allocateNames, touch].map(once);

/**
 * Changes the interfaces of a hypervisor in subnets; an undefined subnet is recorded without addresses. An interface is
 * removed with its last subnet.
 */
export const changeSubnets = defineCommand({
  kind: 'subnets.change',
  role: 'operator',
  request: changeSchema,
  read: async (asked) =>
    leaving(asked.request).length > 0
      ? readNamedWithSubnets(asked)
      : { ...(await readNamedHypervisor(asked)), subnets: null },
  target: ({ found }) => byId(found.body.id),
  resource: ({ found }) => bridgesSubject(found.body.id),
  status: { pendingWhere: `${alive('h')} AND ${has('h', 'netns')}` },
  total: ({ request }) => Object.keys(request).length,
  result: ({ request, found: { subnets } }) => subnets && { left: leftOf(subnets, request) },
  arguments: ({ request, found, ifMatch }) => ({
    id: found.body.id,
    revision: expectedRevision(ifMatch, found.revision),
    subnets: JSON.stringify(request),
    incapable: JSON.stringify(new Problem('impossible', 'This hypervisor cannot make bridges: ')),
  }),
  guards: [
    ...revisionGuards('hypervisors', missingHypervisor),
    {
      id: 'not_associated',
      holds: once(allAssociated),
      problem: ({ found, request }) => notAssociated(found.body.name, leaving(request).join(', ')),
    },
  ],
  rows,
  subjects: [ownSubject],
  constraints: [
    {
      violated: 'host_names',
      problem: ({ database, found, request }) => nameConflict(database, found.body.id, Object.values(request)),
    },
  ],
});

function leftOf(subnets: Change, change: Change): Change {
  return Object.fromEntries(Object.entries(subnets).filter(([subnet]) => change[subnet] !== ''));
}

export function notAssociated(name: string, subnet: string): Problem {
  return new Problem('not_found', `${name} is not in subnet ${subnet}`, {
    errors: [{ parameter: 'subnetID', detail: `is no subnet of ${name}` }],
  });
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
