import { now, type Statement, statement, type Value } from '../../schema/database/database.ts';
import { forgetCens, forgetContainers, freeMembers, takeBackNetworks } from '../../schema/statements/networks.ts';
import { type Network, wiringType } from '../resources/network/desired.ts';
import type { Change } from '../resources/resource.ts';
import { FAILURES_UNTIL_DEGRADED, failuresInARow } from './failures.ts';
import type { ClaimedOperation, Ending } from './records.ts';

/** What an operation's end makes of its rows: what is there now, what was removed for good, what is taken back. */
export function settleNetwork(
  hypervisor: string,
  operation: ClaimedOperation,
  change: Change<Network>,
  ending: Ending,
): Statement[] {
  const network = ending.status === 'succeeded' ? change.after : change.before;
  const args: Record<string, Value> = {
    hypervisor,
    sequence: operation.sequence,
    kind: operation.kind,
    error: ending.status === 'failed' ? JSON.stringify(ending.error) : null,
    resource: operation.resource,
    cenPrefix: `hypervisors/${hypervisor}/cens/`,
    containerPrefix: `hypervisors/${hypervisor}/containers/`,
    cens: JSON.stringify(
      network.segments.map((segment) => ({
        name: segment.name,
        made: segment.made,
        wiring: wiringType(segment),
        state: segment.made ? 'ready' : 'pending',
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
  switch (ending.status) {
    case 'succeeded':
      return succeeded.map((sql) => statement(sql, args));
    case 'cancelled':
      return takenBack(args);
    case 'failed':
      return change.onFailure === 'undo'
        ? [...takenBack(args), ...told.map((sql) => statement(sql, args))]
        : stillWanted.map((sql) => statement(sql, args));
  }
}

/** The name alone would not do: what is left of a CEN's subject behind a longer prefix may name a container. */
const thisCen = `n.hypervisor = :hypervisor AND n.name = substr(:resource, length(:cenPrefix) + 1) AND :resource = :cenPrefix || n.name`;
const thisContainer = `c.hypervisor = :hypervisor AND c.name = substr(:resource, length(:containerPrefix) + 1)
  AND :resource = :containerPrefix || c.name`;

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

/** A deletion that was accepted while a repair ran finds on the host what that repair has made, and forgets the row itself. */
const isLast =
  'NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = :resource AND s.sequence <> :sequence)';

const succeeded: readonly string[] = [
  applyCens,
  observeCens,
  applyContainers,
  observeContainers,
  ...freeMembers('m.removed = :sequence'),
  ...forgetCens(`:kind = 'cen.delete' AND ${thisCen} AND n.desired = 'absent'`),
  ...forgetCens(`:kind = 'cen.repair' AND ${thisCen} AND n.desired = 'absent' AND ${isLast}`),
  ...forgetContainers(`:kind = 'container.delete' AND ${thisContainer} AND c.desired = 'absent'`),
  ...forgetContainers(`:kind = 'container.repair' AND ${thisContainer} AND c.desired = 'absent' AND ${isLast}`),
];

/** The host is as it was before, and what was wanted is so again. */
function takenBack(args: Record<string, Value>): Statement[] {
  return [
    ...[observeCens, observeContainers].map((sql) => statement(sql, args)),
    ...takeBackNetworks('SELECT :sequence', args),
  ];
}

/** A network that could not be made failed; one that a container could not join is what it was. */
const told: readonly string[] = [
  `UPDATE cens AS n SET error = :error, state = CASE :kind WHEN 'cen.make' THEN 'failed' ELSE state END WHERE ${thisCen}`,
  `UPDATE containers AS c SET error = :error, state = 'failed' WHERE ${thisContainer}`,
];

/** What goes on failing is degraded; a removal, which leaves who knows what, at once. */
const failedState = `
  state = CASE WHEN :kind NOT LIKE '%.repair' OR ${failuresInARow(':resource')} >= ${FAILURES_UNTIL_DEGRADED}
    THEN 'degraded' ELSE 'failed' END`;

const stillWanted: readonly string[] = [
  `UPDATE cens AS n SET error = :error, ${failedState} WHERE ${thisCen}`,
  `UPDATE containers AS c SET error = :error, ${failedState} WHERE ${thisContainer}`,
];
