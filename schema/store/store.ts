import type { RemovalHold } from '../api/fleet/reconcile.ts';
import type { CommitListener } from '../database/database.ts';
import type { ClaimedOperation, Labelled, Note } from '../resources/definition.ts';
import type { Claim, ClaimRequest, Poll, PollRequest } from './claim.ts';
import type { LookRows } from './idle.ts';
import type { LookRecord } from './looks.ts';
import type { Machine, Seen } from './machine.ts';
import type { OrphansOfKind } from './orphans.ts';
import type { ProgressNote } from './progress.ts';
import type { Log, OldRows } from './prune.ts';
import type { LastExecutor, Registration } from './registration.ts';
import type { HostState, Renewal } from './renewal.ts';
import type { Report } from './report.ts';

/*
 * All that an executor asks of the database and writes into it. Each method is one batch and one round trip (but for
 * loadIdle and findOrphans, which go by pages), takes and answers plain data, and throws a DatabaseError.
 */

export interface RegistrationRequest {
  /** Name or id of the hypervisor. */
  readonly name: string;
  /** For a hypervisor that is not there yet. */
  readonly id: string;
  readonly machine: Machine;
  readonly seen: Seen;
  /** The epoch of its last executor; null: there is no such hypervisor. */
  readonly after: number | null;
}

/** What a start of an executor needs before it is registered. */
export interface ExecutorStore {
  /** The database's id. */
  identify(): Promise<string>;
  findLastExecutor(name: string): Promise<LastExecutor | null>;
  register(request: RegistrationRequest): Promise<Registration>;
  open(registration: Registration): ExecutorSession;
}

/** Operations, from their claim to their report, and the lease on them. */
export interface WorkStore {
  poll(request: PollRequest): Promise<Poll>;
  claim(request: ClaimRequest): Promise<Claim>;
  /** With a heartbeat, where one is due. Answers whether something went back to pending. */
  renew(renewal: Renewal, state: HostState | null): Promise<boolean>;
  heartbeat(state: HostState): Promise<void>;
  /** The rows that operations are about, by their sequences. */
  load(operations: readonly ClaimedOperation[]): Promise<ReadonlyMap<number, unknown>>;
  recordProgress(notes: readonly ProgressNote[]): Promise<void>;
  /** Answers whether something may be claimed now. */
  report(reports: readonly Report[], next: PollRequest): Promise<boolean>;
}

/** What looks at the whole host read, and what they lead to. */
export interface LookStore extends LookRows {
  readRemovalHold(): Promise<RemovalHold | null>;
  /** Answers the subjects of the repairs that were filed. */
  recordLook(look: LookRecord): Promise<string[]>;
  recordResync(asked: ClaimedOperation, look: LookRecord): Promise<string[]>;
  /** Of these orphans, those that two scans have seen and whose grace time is over. */
  dueOrphans(orphans: readonly Labelled[], graceMs: number): Promise<Labelled[]>;
  collectDue(found: OrphansOfKind, lookMs: number): Promise<void>;
  collectAsked(asked: ClaimedOperation, found: readonly OrphansOfKind[], lookMs: number): Promise<void>;
}

/** What is old in the log of operations and events. */
export interface LogStore {
  findOldest(log: Log, after: number, retentionMs: number): Promise<OldRows | null>;
  prune(rows: OldRows, retentionMs: number): Promise<void>;
}

/** The database as a registered executor has it: what a newer start has replaced writes nothing any more. */
export interface ExecutorSession extends WorkStore, LookStore, LogStore {
  readonly registration: Registration;
  /** Calls `listener` just before commits that may bring work, where that is possible. Answers the end of it. */
  subscribe(listener: CommitListener): () => void;
  /** What was seen of the host beside operations. */
  note<Data, Row>(note: Note<Data, Row>, data: Data): Promise<Row[][]>;
  /** Why a write was fenced, as a problem that ends this executor. */
  whyFenced(): Promise<Error>;
}
