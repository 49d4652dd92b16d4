import type { DatabaseAddress } from '../../schema/database/reader.ts';
import type { Configuration } from '../../schema/process/configuration.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Labelled, Note, ResourceDefinition } from '../../schema/resources/definition.ts';
import type { Registration } from '../../schema/store/registration.ts';
import type { Compare } from '../loop/reconcile/differences.ts';
import type { Peer, PeerDefinition } from '../peers/peer.ts';
import type { Health } from './health.ts';
import type { Resource, Step } from './resource.ts';
import type { Spec } from './spec.ts';

/** A kind of resource on this host: what its rows mean, and how it changes the host. */
export interface Kind<
  Rows = unknown,
  Idle = unknown,
  Desired = unknown,
  Observed = unknown,
  SomeStep extends Step = Step,
  End = unknown,
> {
  readonly definition: ResourceDefinition<Rows, Idle, End>;
  readonly spec: Spec<Rows, Idle, Desired, Observed, End>;
  readonly resource: Resource<Desired, Observed, SomeStep>;
  /** Of what it stands on. While that is away its operations wait, and nothing is said of what is missing. */
  health?(): Health;
  /** Compares it with the host beside the event loop; without that the loop does so itself. */
  readonly compare?: Compare;
}

/** Forgets a kind's own types, so that kinds stand in one list: the loop hands each back only what it gave out. */
export function ownKind<Rows, Idle, Desired, Observed, SomeStep extends Step, End>(
  own: Kind<Rows, Idle, Desired, Observed, SomeStep, End>,
): Kind {
  return own;
}

/** What a kind is opened with. */
export interface KindContext {
  readonly registration: Registration;
  readonly configuration: Configuration;
  readonly log: Logger;
  /** Writes what was seen of the host beside operations. */
  record<Data, Row>(note: Note<Data, Row>, data: Data): Promise<Row[][]>;
  /** The same, again and again while the database is away. */
  recordAtStart<Data, Row>(note: Note<Data, Row>, data: Data): Promise<Row[][]>;
  /** Where a thread finds the database that it compares the whole host with; null: the loop does that itself. */
  readonly address: DatabaseAddress | null;
}

export interface OpenedKind {
  readonly kind: Kind;
  close?(): Promise<void>;
}

/** What finds everything of a kind on a host by its labels and takes it off, whatever its rows say. */
export interface Cleaner<Desired = unknown> {
  readonly resource: Resource<Desired, unknown, Step>;
  /** What is desired where these are to go. */
  without(labelled: readonly Labelled[]): Desired;
}

/** A kind as the registry has it: on which peer it stands, and how it begins to work there. */
export interface KindModule {
  readonly peer: PeerDefinition;
  open(peer: Peer, context: KindContext): Promise<OpenedKind>;
  /** Of a kind that labels what it makes. */
  cleaner?(peer: Peer, databaseId: string): Cleaner;
}

/** Forgets the type of the peer: the kind is opened with what its own definition has opened. */
export function kindModule<Opened extends Peer>(own: {
  readonly peer: PeerDefinition<Opened>;
  open(peer: Opened, context: KindContext): Promise<OpenedKind>;
  cleaner?(peer: Opened, databaseId: string): Cleaner;
}): KindModule {
  return own;
}
