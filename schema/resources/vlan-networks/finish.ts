import { now, type Statement, statement, type Value } from '../../database/database.ts';
import type { Arguments } from '../../statements/ending.ts';
import type { Finished, OperationDefinition } from '../definition.ts';
import { FAILURES_UNTIL_DEGRADED, failuresInARow } from '../failures.ts';
import {
  isVlanNetworkSubject,
  type SeenNetwork,
  vlanNetworkNameIn,
  vlanNetworkOfSubject,
  vlanNetworkSubject,
} from './rows.ts';

export const CREATE_VLAN_NETWORK = 'vlan_network.create';
export const DELETE_VLAN_NETWORK = 'vlan_network.delete';
export const REPAIR_VLAN_NETWORK = 'vlan_network.repair';

/** Those that decide whether a network is wanted. */
const decidingKinds = `'${CREATE_VLAN_NETWORK}', '${DELETE_VLAN_NETWORK}'`;

/** What is on the host under the name when an operation has succeeded; null: nothing. */
export interface VlanNetworkEnd {
  readonly network: SeenNetwork | null;
}

const thisNetwork = 'n.hypervisor = :hypervisor AND n.name = :name';

const observed = `
  uuid = :uuid, autostart = :autostart, persistent = :persistent, error = NULL, state = :state,
  state_since_ms = CASE state WHEN :state THEN state_since_ms ELSE ${now} END`;

/** A spec from an operation's request. */
const requestedSpec = (request: string) =>
  `json_object('bridge', ${request} ->> '$.bridge', 'vlan', ${request} ->> '$.vlan')`;

const isLast = `NOT EXISTS (
  SELECT 1 FROM operation_subjects s WHERE s.subject = :resource AND s.sequence <> :sequence)`;

const whenSucceeded: Readonly<Record<string, readonly string[]>> = {
  [CREATE_VLAN_NETWORK]: [
    `UPDATE vlan_networks AS n SET applied_spec = ${requestedSpec(':request')}, ${observed} WHERE ${thisNetwork}`,
  ],
  // One that is asked for again meanwhile is not on the host until that request is done.
  [DELETE_VLAN_NETWORK]: [
    `DELETE FROM vlan_networks AS n WHERE ${thisNetwork} AND n.desired = 'absent' AND ${isLast}`,
    `UPDATE vlan_networks AS n SET applied_spec = NULL, uuid = NULL, autostart = NULL, persistent = NULL, state = 'pending',
       error = NULL, state_since_ms = ${now} WHERE ${thisNetwork}`,
  ],
  [REPAIR_VLAN_NETWORK]: [
    `DELETE FROM vlan_networks AS n WHERE ${thisNetwork} AND n.desired = 'absent' AND :uuid IS NULL AND ${isLast}`,
    `UPDATE vlan_networks AS n SET ${observed} WHERE ${thisNetwork}`,
  ],
};

/** Of one that was there before. */
const recordFailure = `UPDATE vlan_networks AS n SET error = :error WHERE ${thisNetwork}`;

/** A failed removal is repaired, and shown: what it has left is unknown. */
const keepDesired = `
  UPDATE vlan_networks AS n SET error = :error,
    state = CASE WHEN :kind <> '${REPAIR_VLAN_NETWORK}' OR ${failuresInARow(':resource')} >= ${FAILURES_UNTIL_DEGRADED}
      THEN 'degraded' ELSE n.state END
  WHERE ${thisNetwork}`;

/** Writes the end of an operation into its network's row. */
export function finishVlanNetwork(
  { hypervisor, operation, ending, end: { network } }: Finished<VlanNetworkEnd>,
  { onFailure }: OperationDefinition,
): Statement[] {
  const { kind, resource, sequence, request } = operation;
  const args: Record<string, Value> = {
    ...{ hypervisor, kind, resource, sequence, request },
    name: vlanNetworkOfSubject(resource),
    error: ending.status === 'succeeded' ? null : JSON.stringify(ending.error),
    uuid: network?.uuid ?? null,
    autostart: network === null ? null : Number(network.autostart),
    persistent: network === null ? null : Number(network.persistent),
    state: network?.state ?? 'missing',
  };
  const run = (texts: readonly string[]) => texts.map((sql) => statement(sql, args));
  if (ending.status === 'succeeded') return run(whenSucceeded[kind] ?? []);
  if (ending.status === 'failed' && onFailure === 'repair') return run([keepDesired]);
  const takenBack = rollbackVlanNetworks('SELECT :sequence', args);
  return ending.status === 'failed' ? [...takenBack, ...run([recordFailure])] : takenBack;
}

/** The networks that these operations decided about. */
function decided(which: string): string {
  return `SELECT x.id FROM operations o
    CROSS JOIN vlan_networks x ON x.hypervisor = o.hypervisor AND x.name = ${vlanNetworkNameIn('o.resource')}
    WHERE o.sequence IN (${which}) AND o.kind IN (${decidingKinds}) AND ${isVlanNetworkSubject('o.resource')}`;
}

/** Of all other unfinished operations of these kinds on the network, the last. */
function lastOther(which: string, column: string, kinds: string): string {
  return `(SELECT ${column} FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
    WHERE s.subject = ${vlanNetworkSubject} AND o.kind IN (${kinds}) AND s.sequence NOT IN (${which})
    ORDER BY s.sequence DESC LIMIT 1)`;
}

/** What is wanted of a network is what the last other unfinished operation says, else what is there. */
export function rollbackVlanNetworks(which: string, args: Arguments): Statement<never>[] {
  const otherSpec = lastOther(which, requestedSpec('o.request'), `'${CREATE_VLAN_NETWORK}'`);
  const otherKind = lastOther(which, 'o.kind', decidingKinds);
  return [
    `UPDATE vlan_networks AS n SET
       spec = coalesce(${otherSpec}, applied_spec, spec),
       desired = CASE ${otherKind} WHEN '${DELETE_VLAN_NETWORK}' THEN 'absent' ELSE 'present' END
     WHERE id IN (${decided(which)})`,
    `DELETE FROM vlan_networks AS n WHERE applied_spec IS NULL AND id IN (${decided(which)}) AND NOT EXISTS (
       SELECT 1 FROM operation_subjects s WHERE s.subject = ${vlanNetworkSubject} AND s.sequence NOT IN (${which}))`,
  ].map((sql) => statement(sql, args));
}
