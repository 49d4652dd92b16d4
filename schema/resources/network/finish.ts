import { now, type Statement, statement, type Value } from '../../database/database.ts';
import type { Finished, OperationDefinition } from '../definition.ts';
import { FAILURES_UNTIL_DEGRADED, failuresInARow } from '../failures.ts';
import { type NamedImage, recordImages } from '../images/record.ts';
import { DELETE_POOL, SCALE_POOL, specOf } from './pools.ts';
import type { ContainerProcess, SeenProcess } from './process.ts';
import { isOlder, processEvent, stateOfProcess, withProcess } from './process-sql.ts';
import {
  attributesObject,
  containerSubject,
  freeCinCens,
  freeMembers,
  poolContainers,
  poolSubject,
  purgeCens,
  purgeCins,
  purgeContainers,
  rollbackNetworks,
} from './rollback.ts';

/** The process of a container at the end of an operation; what is absent is not known, or has not changed. */
export interface ProcessEnd {
  readonly process: ContainerProcess | null;
  readonly seen?: SeenProcess | null;
  /** Null: not known. */
  readonly state?: 'running' | 'preparing' | 'exited' | null;
}

interface ContainerEnd extends Partial<Pick<ProcessEnd, 'process' | 'seen'>> {
  readonly name: string;
  readonly namespace: boolean;
  readonly state: 'declared' | NonNullable<ProcessEnd['state']> | null;
}

/** The state of the host when the operation has ended: the desired one if it succeeded, else the state before it. */
export interface NetworkEnd {
  readonly cens: readonly {
    readonly name: string;
    readonly made: boolean;
    readonly wiring: 'wire' | 'bridge' | null;
    readonly state: 'ready' | 'pending';
  }[];
  readonly containers: readonly ContainerEnd[];
  /** Those that its processes run. */
  readonly images: readonly NamedImage[];
  readonly cins: readonly {
    readonly name: string;
    readonly made: boolean;
    readonly state: 'ready' | 'pending';
  }[];
}

/** Writes the end of an operation into its rows: what exists now, what was removed, what is rolled back. */
export function finishNetwork(
  { hypervisor, operation, ending, end }: Finished<NetworkEnd>,
  { onFailure }: OperationDefinition,
): Statement[] {
  const args: Record<string, Value> = {
    hypervisor,
    sequence: operation.sequence,
    kind: operation.kind,
    error: ending.status === 'failed' ? JSON.stringify(ending.error) : null,
    resource: operation.resource,
    cenPrefix: `hypervisors/${hypervisor}/cens/`,
    containerPrefix: `hypervisors/${hypervisor}/containers/`,
    cens: JSON.stringify(end.cens),
    containers: JSON.stringify(end.containers),
    cins: JSON.stringify(end.cins),
    cinPrefix: `hypervisors/${hypervisor}/cins/`,
    poolPrefix: `hypervisors/${hypervisor}/cpools/`,
    request: operation.request,
  };
  switch (ending.status) {
    case 'succeeded':
      return [
        ...[
          ...(end.containers.some(({ seen }) => seen) ? [tellProcesses] : []),
          ...succeeded,
          ...(whole.has(operation.kind) ? leftBehind : []),
          ...(forgotten.get(operation.kind) ?? []),
        ].map((sql) => statement(sql, args)),
        ...recordImages(hypervisor, end.images),
      ];
    case 'cancelled':
      return takenBack(args);
    case 'failed':
      return onFailure === 'undo'
        ? [...takenBack(args), ...recordFailure.map((sql) => statement(sql, args))]
        : keepDesired.map((sql) => statement(sql, args));
  }
}

/**
 * A comparison of the name alone would be wrong: a CEN's subject, cut by the longer prefix of containers, may yield a
 * container's name.
 */
const thisCen = `n.hypervisor = :hypervisor AND n.name = substr(:resource, length(:cenPrefix) + 1) AND :resource = :cenPrefix || n.name`;
const thisContainer = `c.hypervisor = :hypervisor AND c.name = substr(:resource, length(:containerPrefix) + 1)
  AND :resource = :containerPrefix || c.name`;
const thisCin = `i.hypervisor = :hypervisor AND i.name = substr(:resource, length(:cinPrefix) + 1) AND :resource = :cinPrefix || i.name`;
const thisPool = `k.hypervisor = :hypervisor AND k.name = substr(:resource, length(:poolPrefix) + 1) AND :resource = :poolPrefix || k.name`;

/** The rows of the change, found by their names, each with its reported state. */
const found = (table: 'cens' | 'cins') => `
  WITH x AS MATERIALIZED (
    SELECT r.id, j.value ->> 'state' AS seen, j.value ->> 'wiring' AS wired, j.value ->> 'made' AS made
    FROM json_each(:${table}) j
    CROSS JOIN ${table} r ON r.hypervisor = :hypervisor AND r.name = j.value ->> 'name')`;

/** A process may end, and a note of that be written, after the operation has looked at it for the last time. */
const isOutdated = isOlder("j.value -> 'seen'", 'r.process');

const foundContainers = `
  WITH x AS MATERIALIZED (
    SELECT r.id, j.value ->> 'namespace' AS namespace, j.value -> 'process' AS process,
      CASE WHEN ${isOutdated} THEN ${stateOfProcess('r.process')} ELSE j.value ->> 'state' END AS seen,
      CASE WHEN ${isOutdated} THEN r.process ELSE j.value -> 'seen' END AS process_seen
    FROM json_each(:containers) j
    CROSS JOIN containers r ON r.hypervisor = :hypervisor AND r.name = j.value ->> 'name')`;

const sinceWhen = `CASE WHEN state = coalesce(x.seen, state) THEN state_since_ms ELSE ${now} END`;
const json = (flag: string) => `json(CASE WHEN ${flag} THEN 'true' ELSE 'false' END)`;
const made = `json_object('made', ${json('x.made')})`;

/** Of the attributes in the spec, which later requests may have changed already, those that the operation has applied. */
const appliedAttribute = (attribute: string) => `CASE
  WHEN :kind = 'container.create' AND json_type(:request, '$.${attribute}') IS NOT NULL THEN :request ->> '$.${attribute}'
  WHEN :kind = 'container.create' OR applied_spec IS NOT NULL THEN applied_spec ->> '$.${attribute}'
  ELSE spec ->> '$.${attribute}' END`;

/** An operation that says nothing of a process leaves it as it is. */
const appliedSpec = withProcess(
  `json_set(json_patch(spec, ${attributesObject(appliedAttribute)}), '$.namespace', ${json('x.namespace')})`,
  "coalesce(x.process, applied_spec -> '$.process')",
);

/** Later operations have changed the desired process already. */
const wantedSpec = `CASE WHEN x.process IS NULL OR EXISTS (
    SELECT 1 FROM operation_subjects s
    WHERE s.subject = :containerPrefix || containers.name AND s.sequence <> :sequence)
  THEN spec ELSE ${withProcess('spec', 'x.process')} END`;

const seenProcess = "CASE WHEN x.process_seen IS NULL THEN containers.process ELSE nullif(x.process_seen, 'null') END";

/* Unchanged rows are not written: a join changes one container of a thousand. */

const observeCens = `${found('cens')}
  UPDATE cens SET wiring_type = x.wired, state = x.seen, error = NULL, state_since_ms = ${sinceWhen} FROM x
  WHERE cens.id = x.id AND (wiring_type IS NOT x.wired OR state <> x.seen OR error IS NOT NULL)`;

const applyCens = `${found('cens')}
  UPDATE cens SET applied_spec = ${made}, wiring_type = x.wired, state = x.seen, error = NULL, state_since_ms = ${sinceWhen} FROM x
  WHERE cens.id = x.id
    AND (applied_spec IS NOT ${made} OR wiring_type IS NOT x.wired OR state <> x.seen OR error IS NOT NULL)`;

const observeContainers = `${foundContainers}
  UPDATE containers SET state = coalesce(x.seen, state), error = NULL, state_since_ms = ${sinceWhen} FROM x
  WHERE containers.id = x.id AND (state <> x.seen OR error IS NOT NULL)`;

const applyContainers = `${foundContainers}
  UPDATE containers SET applied_spec = ${appliedSpec}, spec = ${wantedSpec}, process = ${seenProcess}, state = coalesce(x.seen, state),
    error = NULL, state_since_ms = ${sinceWhen} FROM x
  WHERE containers.id = x.id AND (applied_spec IS NOT ${appliedSpec} OR state <> x.seen OR error IS NOT NULL
    OR x.process IS NOT NULL)`;

const observeCins = `${found('cins')}
  UPDATE cins SET state = x.seen, error = NULL, state_since_ms = ${sinceWhen} FROM x
  WHERE cins.id = x.id AND (state <> x.seen OR error IS NOT NULL)`;

const applyCins = `${found('cins')}
  UPDATE cins SET applied_spec = ${made}, state = x.seen, error = NULL, state_since_ms = ${sinceWhen} FROM x
  WHERE cins.id = x.id AND (applied_spec IS NOT ${made} OR state <> x.seen OR error IS NOT NULL)`;

/** Before the rows are written: as a note of the same would tell it. */
const tellProcesses = `${foundContainers}
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT ${now}, :hypervisor, ${processEvent('x.process_seen')}, :containerPrefix || c.name, x.process_seen
  FROM x CROSS JOIN containers c ON c.id = x.id
  WHERE nullif(x.process_seen, 'null') IS NOT NULL AND x.process_seen IS NOT c.process`;

const succeeded: readonly string[] = [
  ...[applyCens, applyContainers, applyCins],
  ...freeMembers('m.removed = :sequence'),
  ...freeCinCens('x.removed = :sequence'),
];

/** These operations have compared all of the CEN with the host. */
const whole: ReadonlySet<string> = new Set(['cen.make', 'cen.destroy', 'cen.repair']);

/**
 * Memberships whose removal failed before: every earlier operation has ended, and links that are no longer desired are
 * gone.
 */
const leftBehind = freeMembers(`m.removed < :sequence AND m.cen IN (SELECT n.id FROM cens n WHERE ${thisCen})`);

const absentCen = `${thisCen} AND n.desired = 'absent'`;
const absentCin = `${thisCin} AND i.desired = 'absent'`;
const absentContainer = `${thisContainer} AND c.desired = 'absent'`;

/** A deletion that was accepted while a repair ran removes the repaired objects, and then deletes the row itself. */
const isLast =
  'NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = :resource AND s.sequence <> :sequence)';

/** Containers that an operation has removed from its pool, unless a later one is to create them again. */
const removedFromPool = purgeContainers(
  `c.id IN (${poolContainers('SELECT :sequence')}) AND c.desired = 'absent' AND NOT EXISTS (
    SELECT 1 FROM operation_subjects s WHERE s.subject = ${containerSubject} AND s.sequence <> :sequence)`,
);

const scaledPool = `
  UPDATE cpools AS k SET applied_spec = ${specOf(':request')}, state = 'ready', error = NULL,
    state_since_ms = CASE state WHEN 'ready' THEN state_since_ms ELSE ${now} END
  WHERE ${thisPool}`;

/** One that is requested again has nothing on the host until that request is done. */
const deletedPool: readonly string[] = [
  `DELETE FROM cpools AS k WHERE ${thisPool} AND k.desired = 'absent'`,
  `UPDATE cpools AS k SET applied_spec = NULL, state = 'pending', error = NULL, state_since_ms = ${now} WHERE ${thisPool}`,
];

/** A pool whose deletion failed goes with the last of its containers. */
const abandonedPool = `
  DELETE FROM cpools AS k
  WHERE k.desired = 'absent' AND k.id = (SELECT c.pool FROM containers c WHERE ${thisContainer} AND c.desired = 'absent' AND ${isLast})
    AND (SELECT count(*) FROM containers x WHERE x.pool = k.id) = 1
    AND NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${poolSubject})`;

/** The rows that these kinds of operations delete when they succeed, if the resource is no longer desired. */
const forgotten: ReadonlyMap<string, readonly string[]> = new Map([
  ['cen.delete', purgeCens(absentCen)],
  ['cen.repair', purgeCens(`${absentCen} AND ${isLast}`)],
  ['cin.delete', purgeCins(absentCin)],
  ['cin.repair', purgeCins(`${absentCin} AND ${isLast}`)],
  ['container.delete', purgeContainers(absentContainer)],
  ['container.repair', [abandonedPool, ...purgeContainers(`${absentContainer} AND ${isLast}`)]],
  [SCALE_POOL, [scaledPool, ...removedFromPool]],
  [DELETE_POOL, [...removedFromPool, ...deletedPool]],
]);

/** The host is in the state before the operation, and the desired state is rolled back. */
function takenBack(args: Record<string, Value>): Statement[] {
  return [
    ...[observeCens, observeContainers, observeCins].map((sql) => statement(sql, args)),
    ...rollbackNetworks('SELECT :sequence', args),
  ];
}

/** A network that could not be made is `failed`; one that a container could not join keeps its state. */
const recordFailure: readonly string[] = [
  `UPDATE cens AS n SET error = :error, state = CASE :kind WHEN 'cen.make' THEN 'failed' ELSE state END WHERE ${thisCen}`,
  `UPDATE cins AS i SET error = :error, state = CASE :kind WHEN 'cin.make' THEN 'failed' ELSE state END WHERE ${thisCin}`,
  `UPDATE containers AS c SET error = :error, state = 'failed' WHERE ${thisContainer}`,
  `UPDATE cpools AS k SET error = :error, state = 'failed' WHERE ${thisPool}`,
];

/** Repeated failures degrade a resource; a failed removal, whose remains are unknown, does so at once. */
const failedState = `
  state = CASE WHEN :kind NOT LIKE '%.repair' OR ${failuresInARow(':resource')} >= ${FAILURES_UNTIL_DEGRADED}
    THEN 'degraded' ELSE 'failed' END`;

const keepDesired: readonly string[] = [
  `UPDATE cins AS i SET error = :error, ${failedState} WHERE ${thisCin}`,
  `UPDATE cens AS n SET error = :error, ${failedState} WHERE ${thisCen}`,
  `UPDATE containers AS c SET error = :error, ${failedState} WHERE ${thisContainer}`,
  // Repairs remove its containers, and the pool with the last of them.
  `DELETE FROM cpools AS k WHERE ${thisPool} AND k.desired = 'absent' AND NOT EXISTS (SELECT 1 FROM containers c WHERE c.pool = k.id)`,
  `UPDATE cpools AS k SET error = :error, ${failedState} WHERE ${thisPool}`,
];
