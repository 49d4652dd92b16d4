import type { Capabilities } from '../api/capabilities.ts';
import { type Database, now, type Statement, statement } from '../database/database.ts';
import type { Machine, Resources } from './machine.ts';
import { fence, type Registration, resourceArguments, setResources } from './registration.ts';

const isOwned = 'epoch = :epoch AND sequence IN (SELECT value FROM json_each(:owned))';

const renewOwned = `
  UPDATE operations SET
    status = CASE WHEN ${isOwned} THEN 'running' ELSE 'pending' END,
    lease_until_ms = CASE WHEN ${isOwned} THEN ${now} + :lease END,
    epoch = CASE WHEN ${isOwned} THEN epoch END
  WHERE hypervisor = :hypervisor AND status = 'running' AND epoch <= :epoch AND resource IS NOT NULL
  RETURNING status`;

const beat = `UPDATE hypervisors SET last_seen_ms = ${now}, ${setResources} WHERE id = :hypervisor`;

const beatWithFacts = `
  UPDATE hypervisors SET last_seen_ms = ${now}, ${setResources}, boot_id = :boot, capabilities = :capabilities, executor_version = :version
  WHERE id = :hypervisor`;

export interface Renewal {
  /** Sequences of the operations that the process owns. */
  readonly owned: readonly number[];
  /** How long they are owned without another renewal. */
  readonly leaseMs: number;
}

/** Properties of a host that seldom change while its executor runs. */
export interface HostFacts extends Pick<Machine, 'bootId' | 'version'> {
  readonly capabilities: Capabilities;
}

/** The state of the host in a heartbeat. */
export interface HostState {
  readonly resources: Resources;
  /** Null: unchanged since they were last written. */
  readonly facts: HostFacts | null;
}

/**
 * Renews what this process owns. All other running operations become pending: their claim or report was not answered,
 * their load failed, or they belong to an earlier epoch. Returns whether there were any.
 */
export async function renew(
  database: Database,
  registration: Registration,
  { owned, leaseMs }: Renewal,
  state: HostState | null,
): Promise<boolean> {
  const { hypervisor, epoch } = registration;
  const args = { hypervisor, epoch, owned: JSON.stringify(owned), lease: leaseMs };
  const renewal = statement<{ status: string }>(renewOwned, args);
  const [, renewed] = await database.write(
    [fence(registration), renewal, ...(state ? [heartbeatStatement(registration, state)] : [])],
    // No request waits for it.
    { audience: 'none', call: 'renew' },
  );
  return renewed.some(({ status }) => status === 'pending');
}

/** Records that the executor is alive, and the current state of its host. */
export async function heartbeat(database: Database, registration: Registration, state: HostState): Promise<void> {
  const batch = [fence(registration), heartbeatStatement(registration, state)];
  await database.write(batch, { audience: 'none', call: 'heartbeat' });
}

function heartbeatStatement({ hypervisor }: Registration, { resources, facts }: HostState): Statement<never> {
  const args = { hypervisor, ...resourceArguments(resources) };
  if (facts === null) return statement(beat, args);
  const { bootId, version, capabilities } = facts;
  return statement(beatWithFacts, { ...args, boot: bootId, version, capabilities: JSON.stringify(capabilities) });
}
