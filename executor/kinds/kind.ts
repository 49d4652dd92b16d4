import type { Database } from '../../schema/database/database.ts';
import type { DatabaseAddress } from '../../schema/database/reader.ts';
import type { Configuration } from '../../schema/process/configuration.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { ResourceDefinition } from '../../schema/resources/definition.ts';
import type { Compare } from '../loop/reconcile/differences.ts';
import type { Registration } from '../loop/registration.ts';
import type { LoopTimes } from '../loop/times.ts';
import type { Peer, PeerDefinition } from '../peers/peer.ts';
import type { Records } from '../records/records.ts';
import type { Health } from './health.ts';
import type { Resource, Step } from './resource.ts';

/** A kind of resource: what it is in the database, and how it changes the host. */
export interface Kind<Desired = unknown, Observed = unknown, SomeStep extends Step = Step> {
  readonly definition: ResourceDefinition;
  readonly records: Records<Desired, Observed>;
  readonly resource: Resource<Desired, Observed, SomeStep>;
  /** Of what it stands on. While that is away its operations wait, and nothing is said of what is missing. */
  health?(): Health;
  /** Compares it with the host beside the event loop; without that the loop does so itself. */
  readonly compare?: Compare;
}

/** Forgets a kind's own types, so that kinds stand in one list: the loop hands each back only what it gave out. */
export function kind<Desired, Observed, SomeStep extends Step>(own: Kind<Desired, Observed, SomeStep>): Kind {
  return own as unknown as Kind;
}

/** What a kind is opened with. */
export interface KindContext {
  readonly database: Database;
  readonly registration: Registration;
  readonly configuration: Configuration;
  readonly log: Logger;
  readonly times: LoopTimes;
  /** Where a thread finds the database that it compares the whole host with; null: the loop does that itself. */
  readonly address: DatabaseAddress | null;
}

export interface OpenedKind {
  readonly kind: Kind;
  close?(): Promise<void>;
}

/** A kind as the registry has it: on which peer it stands, and how it begins to work there. */
export interface KindModule {
  readonly peer: PeerDefinition;
  open(peer: Peer, context: KindContext): Promise<OpenedKind>;
}

/** Forgets the type of the peer: the kind is opened with what its own definition has opened. */
export function kindModule<Opened extends Peer>(own: {
  readonly peer: PeerDefinition<Opened>;
  open(peer: Opened, context: KindContext): Promise<OpenedKind>;
}): KindModule {
  return own as unknown as KindModule;
}
