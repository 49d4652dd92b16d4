import type { RemovalHold } from '../api/fleet/reconcile.ts';
import type { CommitListener } from '../database/database.ts';
import type { ClaimedOperation, Labelled, Note } from '../resources/definition.ts';
import type { Claim, ClaimRequest, Poll, PollRequest } from './claim.ts';
import type { ScanRows } from './idle.ts';
import type { Machine, Seen } from './machine.ts';
import type { OrphansOfKind } from './orphans.ts';
import type { ProgressNote } from './progress.ts';
import type { Log, OldRows } from './prune.ts';
import type { LastExecutor, Registration } from './registration.ts';
import type { HostState, Renewal } from './renewal.ts';
import type { Report } from './report.ts';
import type { ScanRecord } from './scans.ts';

/*
 * All that an executor reads from the database and writes into it. Each method is one batch and one round trip (except
 * loadIdle and findOrphans, which read in pages), takes and returns plain data, and throws a DatabaseError.
 */

export interface RegistrationRequest {
  /** Name or id of the hypervisor. */
  readonly name: string;
  /** For a hypervisor that does not exist yet. */
  readonly id: string;
  readonly machine: Machine;
  readonly seen: Seen;
  /** The epoch of its last executor; null: the hypervisor does not exist. */
  readonly after: number | null;
}

/** The calls of an executor's start before it is registered. */
export interface ExecutorStore {
  /** The database's id. */
  identify(): Promise<string>;
  findLastExecutor(name: string): Promise<LastExecutor | null>;
  register(request: RegistrationRequest): Promise<Registration>;
  open(registration: Registration): ExecutorSession;
}

/** Operations, from claim to report, and their lease. */
export interface WorkStore {
  poll(request: PollRequest): Promise<Poll>;
  claim(request: ClaimRequest): Promise<Claim>;
  /** With a heartbeat, if one is due. Returns whether operations became pending. */
  renew(renewal: Renewal, state: HostState | null): Promise<boolean>;
  heartbeat(state: HostState): Promise<void>;
  /** The rows of operations, by their sequences. */
  load(operations: readonly ClaimedOperation[]): Promise<ReadonlyMap<number, unknown>>;
  recordProgress(notes: readonly ProgressNote[]): Promise<void>;
  /** Returns whether something may be claimed now. */
  report(reports: readonly Report[], next: PollRequest): Promise<boolean>;
}

/** The reads of a scan, and the records of its findings. */
export interface ScanStore extends ScanRows {
  readRemovalHold(): Promise<RemovalHold | null>;
  /** Returns the subjects of the repairs that were filed. */
  recordScan(scan: ScanRecord): Promise<string[]>;
  recordResync(asked: ClaimedOperation, scan: ScanRecord): Promise<string[]>;
  /** Of these orphans, those that two scans have seen and whose grace time is over. */
  dueOrphans(orphans: readonly Labelled[], graceMs: number): Promise<Labelled[]>;
  collectDue(found: OrphansOfKind, scanMs: number): Promise<void>;
  collectAsked(asked: ClaimedOperation, found: readonly OrphansOfKind[], scanMs: number): Promise<void>;
}

/** The old rows in the logs of operations and events. */
export interface LogStore {
  findOldest(log: Log, after: number, retentionMs: number): Promise<OldRows | null>;
  prune(rows: OldRows, retentionMs: number): Promise<void>;
}

/** The database for a registered executor: after a newer start, its writes are fenced. */
export interface ExecutorSession extends WorkStore, ScanStore, LogStore {
  readonly registration: Registration;
  /**
   * Calls `listener` just before commits that may bring work, if that is possible. Returns the function that ends it.
   */
  subscribe(listener: CommitListener): () => void;
  /** Writes observations of the host that belong to no operation. */
  note<Data, Row>(note: Note<Data, Row>, data: Data): Promise<Row[][]>;
  /** Why a write was fenced, as a problem that ends this executor. */
  whyFenced(): Promise<Error>;
}
