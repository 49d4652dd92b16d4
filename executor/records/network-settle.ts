import { now, type Statement, statement, type Value } from '../../schema/database/database.ts';
import { type Network, wiringType } from '../resources/network/desired.ts';
import type { Change } from '../resources/resource.ts';
import type { ClaimedOperation, Ending } from './records.ts';

/** What an operation's end makes of its rows: what is there now, what was removed for good, what is taken back. */
export function settleNetwork(
  hypervisor: string,
  operation: ClaimedOperation,
  change: Change<Network>,
  ending: Ending,
): Statement[] {
  const network = ending === null ? change.after : change.before;
  const args: Record<string, Value> = {
    hypervisor,
    sequence: operation.sequence,
    kind: operation.kind,
    error: ending === null ? null : JSON.stringify(ending),
    resource: operation.resource,
    cenPrefix: `hypervisors/${hypervisor}/cens/`,
    containerPrefix: `hypervisors/${hypervisor}/containers/`,
    cens: JSON.stringify(
      network.segments.map((segment) => ({
        name: segment.name,
        made: segment.made,
        wiring: wiringType(segment),
        state: cenState(operation.kind, segment.made, ending),
      })),
    ),
    containers: JSON.stringify(
      network.namespaces.map(({ name, present }) => ({
        name,
        namespace: present,
        state: present ? 'running' : 'declared',
      })),
    ),
  };
  const script = ending === null ? succeeded : isRemoval(operation.kind) ? stillThere : takenBack;
  return script.map((sql) => statement(sql, args));
}

/** A removal that failed stays wanted: a repair tries again. */
function isRemoval(kind: string): boolean {
  return ['cen.destroy', 'cen.delete', 'cen.leave', 'container.delete', 'cen.repair', 'container.repair'].includes(
    kind,
  );
}

function cenState(kind: string, made: boolean, ending: Ending): string {
  if (ending !== null && (kind === 'cen.make' || isRemoval(kind))) return 'failed';
  return made ? 'ready' : 'pending';
}

/** The name alone would not do: what is left of a CEN's subject behind a longer prefix may name a container. */
const thisCen = `n.hypervisor = :hypervisor AND n.name = substr(:resource, length(:cenPrefix) + 1) AND :resource = :cenPrefix || n.name`;
const thisContainer = `c.hypervisor = :hypervisor AND c.name = substr(:resource, length(:containerPrefix) + 1)
  AND :resource = :containerPrefix || c.name`;

/** Frees the names of memberships that are about to go; `which` chooses them over `m`. */
function freeMembers(which: string): string[] {
  return [
    `DELETE FROM host_names WHERE owner IN (SELECT 'members/' || m.id FROM members m WHERE ${which})`,
    `DELETE FROM members WHERE id IN (SELECT m.id FROM members m WHERE ${which})`,
  ];
}

/** Forgets CENs that `which` chooses over `n`, with all that is theirs. */
function forgetCens(which: string): string[] {
  return [
    ...freeMembers(`m.cen IN (SELECT n.id FROM cens n WHERE ${which})`),
    `DELETE FROM host_names WHERE owner IN (SELECT n.id FROM cens n WHERE ${which})`,
    `DELETE FROM cens WHERE id IN (SELECT n.id FROM cens n WHERE ${which})`,
  ];
}

function forgetContainers(which: string): string[] {
  return [
    ...freeMembers(`m.container IN (SELECT c.id FROM containers c WHERE ${which})`),
    `DELETE FROM host_names WHERE owner IN (SELECT c.id FROM containers c WHERE ${which})`,
    `DELETE FROM containers WHERE id IN (SELECT c.id FROM containers c WHERE ${which})`,
  ];
}

const observeCens = `
  UPDATE cens SET wiring_type = x.value ->> 'wiring', state = x.value ->> 'state', error = NULL,
    state_since_ms = CASE WHEN state = x.value ->> 'state' THEN state_since_ms ELSE ${now} END
  FROM json_each(:cens) x
  WHERE cens.hypervisor = :hypervisor AND cens.name = x.value ->> 'name'`;

const applyCens = `
  UPDATE cens SET applied_spec = json_object('made', json(CASE WHEN x.value ->> 'made' THEN 'true' ELSE 'false' END))
  FROM json_each(:cens) x
  WHERE cens.hypervisor = :hypervisor AND cens.name = x.value ->> 'name'`;

const observeContainers = `
  UPDATE containers SET state = x.value ->> 'state', error = NULL,
    state_since_ms = CASE WHEN state = x.value ->> 'state' THEN state_since_ms ELSE ${now} END
  FROM json_each(:containers) x
  WHERE containers.hypervisor = :hypervisor AND containers.name = x.value ->> 'name'`;

const applyContainers = `
  UPDATE containers
  SET applied_spec = json_set(spec, '$.namespace', json(CASE WHEN x.value ->> 'namespace' THEN 'true' ELSE 'false' END))
  FROM json_each(:containers) x
  WHERE containers.hypervisor = :hypervisor AND containers.name = x.value ->> 'name'`;

const succeeded: readonly string[] = [
  applyCens,
  observeCens,
  applyContainers,
  observeContainers,
  ...freeMembers('m.removed = :sequence'),
  ...forgetCens(`:kind = 'cen.delete' AND ${thisCen} AND n.desired = 'absent'`),
  ...forgetCens(`:kind = 'cen.repair' AND ${thisCen} AND n.desired = 'absent'`),
  ...forgetContainers(
    `:kind IN ('container.delete', 'container.repair') AND ${thisContainer} AND c.desired = 'absent'`,
  ),
];

const failCen = `
  UPDATE cens AS n SET error = :error, state = CASE WHEN :kind IN ('cen.join', 'cen.import') THEN state ELSE 'failed' END
  WHERE ${thisCen}`;

const failContainer = `UPDATE containers AS c SET error = :error, state = 'failed' WHERE ${thisContainer}`;

const stillThere: readonly string[] = [failCen, failContainer];

/** No later operation has built on it. */
function isLast(subject: string): string {
  return `NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${subject} AND s.sequence <> :sequence)`;
}

const lastOfCen = isLast(':cenPrefix || n.name');
const lastOfContainer = isLast(':containerPrefix || c.name');

const takenBack: readonly string[] = [
  observeCens,
  observeContainers,
  ...freeMembers('m.added = :sequence'),
  `UPDATE members AS m SET removed = NULL WHERE removed = :sequence
     AND NOT EXISTS (SELECT 1 FROM members x WHERE x.cen = m.cen AND x.container = m.container AND x.removed IS NULL)`,
  `UPDATE cens AS n SET spec = applied_spec WHERE ${thisCen} AND applied_spec IS NOT NULL AND ${lastOfCen}`,
  `UPDATE containers AS c SET spec = json_remove(applied_spec, '$.namespace')
   WHERE ${thisContainer} AND applied_spec IS NOT NULL AND ${lastOfContainer}`,
  failCen,
  failContainer,
  // What this operation brought in and nothing ever succeeded with was never there.
  ...forgetCens(
    `n.applied_spec IS NULL AND ${lastOfCen} AND n.name IN (SELECT value ->> 'name' FROM json_each(:cens)) AND n.hypervisor = :hypervisor`,
  ),
  ...forgetContainers(
    `c.applied_spec IS NULL AND ${lastOfContainer} AND c.name IN (SELECT value ->> 'name' FROM json_each(:containers)) AND c.hypervisor = :hypervisor`,
  ),
];
