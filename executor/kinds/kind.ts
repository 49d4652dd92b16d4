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

/** A kind of resource on this host: the meaning of its rows, and how it changes the host. */
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
  /** The health of its technology. While that is away its operations wait, and missing objects are not reported. */
  health?(): Health;
  /** Compares it with the host outside the event loop; without it the loop compares. */
  readonly compare?: Compare;
}

/**
 * Erases a kind's own types, so that kinds fit into one list: the loop passes to each kind only values that came from
 * it.
 */
export function ownKind<Rows, Idle, Desired, Observed, SomeStep extends Step, End>(
  own: Kind<Rows, Idle, Desired, Observed, SomeStep, End>,
): Kind {
  return own;
}

/** The context in which a kind is opened. */
export interface KindContext {
  readonly registration: Registration;
  readonly configuration: Configuration;
  readonly log: Logger;
  /** How often it is read what processes of containers use, in milliseconds. */
  readonly statisticsMs: number;
  /** A further peer that the kind uses; undefined: this host lacks it. */
  peer<Opened extends Peer>(definition: PeerDefinition<Opened>): Opened | undefined;
  /** Writes observations of the host that belong to no operation. */
  record<Data, Row>(note: Note<Data, Row>, data: Data): Promise<Row[][]>;
  /** The same, repeated while the database is away. */
  recordAtStart<Data, Row>(note: Note<Data, Row>, data: Data): Promise<Row[][]>;
  /** The address of the database for a thread that compares the whole host; null: the loop compares. */
  readonly address: DatabaseAddress | null;
}

export interface OpenedKind {
  readonly kind: Kind;
  close?(): Promise<void>;
}

/** Finds all objects of a kind on a host by their labels and removes them, regardless of rows. */
export interface Cleaner<Desired = unknown> {
  readonly resource: Resource<Desired, unknown, Step>;
  /** The desired state in which these objects do not exist. */
  without(labelled: readonly Labelled[]): Desired;
  /** Why its objects cannot be looked for now; null: they can. */
  obstacle?(): string | null;
}

/** A kind in the registry: its peer, and how to open it. */
export interface KindModule {
  readonly peer: PeerDefinition;
  /** Peers that it can do without. */
  readonly alsoUses?: readonly PeerDefinition[];
  open(peer: Peer, context: KindContext): Promise<OpenedKind>;
  /** Only of a kind that labels its objects. */
  cleaner?(peer: Peer, databaseId: string, peerOf: KindContext['peer']): Cleaner;
}

/** Erases the type of the peer: a kind is opened with the peer that its own definition has opened. */
export function kindModule<Opened extends Peer>(own: {
  readonly peer: PeerDefinition<Opened>;
  readonly alsoUses?: readonly PeerDefinition[];
  open(peer: Opened, context: KindContext): Promise<OpenedKind>;
  cleaner?(peer: Opened, databaseId: string, peerOf: KindContext['peer']): Cleaner;
}): KindModule {
  return own;
}
