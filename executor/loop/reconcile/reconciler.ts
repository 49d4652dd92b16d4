import type { RemovalHold, ResyncBody } from '../../../schema/api/fleet/reconcile.ts';
import { labelPrefix } from '../../../schema/names.ts';
import type { Changed, ClaimedOperation } from '../../../schema/resources/definition.ts';
import type { OrphansOfKind } from '../../../schema/store/orphans.ts';
import type { Outcome } from '../../../schema/store/report.ts';
import type { SeenOrphans } from '../../../schema/store/scans.ts';
import type { ExecutorSession, ScanStore } from '../../../schema/store/store.ts';
import { TechnologyAway } from '../../kinds/health.ts';
import type { Kind } from '../../kinds/kind.ts';
import { circuitBreaker } from './circuit-breaker.ts';
import { type Comparison, comparing, type Difference, type Orphans } from './differences.ts';
import { resyncBody } from './resync.ts';

export interface ReconcilerOptions {
  readonly session: ScanStore & Pick<ExecutorSession, 'registration'>;
  readonly kinds: readonly Kind[];
  /** How long an orphan is kept after it was first seen, in milliseconds. */
  readonly graceMs: number;
  /** How often each kind scans the whole host, in milliseconds. */
  readonly scanMs: number;
}

/** The result of a scan. */
export interface Findings {
  /** Subjects that a repair was filed for. */
  readonly repairs: readonly string[];
  /** Resources that an operation is changing now, to be compared again. */
  readonly busy: readonly string[];
  /** The number of orphans that are removed now. */
  readonly collected: number;
  readonly hold: RemovalHold | null;
}

interface KindOrphans extends Orphans {
  readonly kind: Kind;
}

/** The result of a scan of one kind. */
interface Scan extends Comparison {
  readonly kind: Kind;
  readonly orphans: KindOrphans | null;
}

/** Whether an event that came after the scan began has one of these names of a resource. */
export type IsStale = (names: readonly string[]) => boolean;

/** Compares the host with the desired state and files a repair for each resource that differs. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Kinds whose table of orphans may have rows. */
  readonly #orphaned = new Set<Kind>();
  /** When each kind last scanned the whole host, in milliseconds of `performance.now()`. */
  readonly #scannedAt = new Map<Kind, number>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    for (const kind of options.kinds) this.#orphaned.add(kind);
  }

  /**
   * Compares the resources of a kind that events named with the host; all of them, and orphans, if the events named
   * none. Throws if the host could not be observed: then it is unknown what is missing.
   */
  async scan(kind: Kind, changed: Changed, isStale: IsStale): Promise<Findings> {
    const began = performance.now();
    const { orphans, busy, differences: found } = await this.#compare(kind, changed);
    const differences = found.filter(({ eventNames }) => !isStale(eventNames));
    const { session } = this.#options;
    if (changed !== 'all') {
      if (differences.length === 0) return { repairs: [], busy, collected: 0, hold: null };
      const hold = await session.readRemovalHold();
      const repairs = allowed(differences, hold);
      const filed = await session.recordScan({ repairs, isWhole: false, orphans: [] });
      return { repairs: filed, busy, collected: 0, hold };
    }
    const removed = orphans && isRemoved(orphans) ? orphans : null;
    const hold = removed ? await this.#judge(removed) : await session.readRemovalHold();
    const repairs = await session.recordScan({
      repairs: allowed(differences, hold),
      isWhole: this.#noteScans([kind]),
      orphans: orphans ? this.#seen(orphans) : [],
      ...(removed && { hold }),
    });
    if (orphans?.orphans.length === 0) this.#orphaned.delete(kind);
    return {
      repairs,
      busy,
      collected: removed && hold === null ? await this.#collectDue(removed, began) : 0,
      hold,
    };
  }

  /** `hypervisor.resync`: a client requests a full scan, and thereby confirms that the database is current. */
  async resync(operation: ClaimedOperation): Promise<Outcome | undefined> {
    const scans = await this.#scanAll();
    const differences = scans.flatMap((scan) => scan.differences);
    const orphans = scans.flatMap((scan) => scan.orphans ?? []);
    const body: ResyncBody = resyncBody(
      differences,
      orphans.flatMap((each) => each.orphans),
    );
    const { dry_run: dryRun }: { dry_run: boolean } = JSON.parse(operation.request);
    if (dryRun) return { status: 'succeeded', error: null, result: body };
    const repairs = await this.#options.session.recordResync(operation, {
      repairs: differences,
      isWhole: this.#noteScans(scans.map(({ kind }) => kind)),
      orphans: orphans.flatMap((each) => this.#seen(each)),
      hold: circuitBreakerOf(orphans.filter(isRemoved)),
    });
    return repairs.length === 0 ? { status: 'succeeded', error: null, result: { items: [] } } : undefined;
  }

  /** `hypervisor.sweep`: an operator has checked the orphans and requests their removal, however many there are. */
  async collectOrphans(operation: ClaimedOperation): Promise<Outcome | undefined> {
    const began = performance.now();
    const found = (await this.#scanAll()).flatMap((scan) => scan.orphans ?? []);
    const some = found.filter((each) => each.orphans.length > 0 && isRemoved(each)).map(collectionOf);
    if (some.length === 0) return { status: 'succeeded', error: null, result: { items: [] } };
    await this.#options.session.collectAsked(operation, some, performance.now() - began);
    return undefined;
  }

  /** Compares all kinds whose technology is available. */
  #scanAll(): Promise<Scan[]> {
    const healthy = this.#options.kinds.filter((kind) => kind.health?.().available !== false);
    return Promise.all(healthy.map((kind) => this.#compare(kind, 'all')));
  }

  async #compare(kind: Kind, changed: Changed): Promise<Scan> {
    const health = kind.health?.() ?? { available: true };
    if (!health.available) throw new TechnologyAway(health.reason);
    const { session } = this.#options;
    const compare = kind.compare ?? comparing(kind, session, labelPrefix(session.registration.databaseId));
    const { orphans, ...rest } = await compare(changed);
    return { kind, ...rest, orphans: orphans && { kind, ...orphans } };
  }

  /** The reason for a removal hold: a restored database, until a client confirms it; or the circuit breaker. */
  async #judge(orphans: KindOrphans): Promise<RemovalHold | null> {
    const hold = await this.#options.session.readRemovalHold();
    return hold?.reason === 'restored' ? hold : circuitBreakerOf([orphans]);
  }

  /** These kinds have just scanned the whole host. Returns whether all kinds have done so recently. */
  #noteScans(scanned: readonly Kind[]): boolean {
    const { kinds, scanMs } = this.#options;
    const now = performance.now();
    for (const kind of scanned) this.#scannedAt.set(kind, now);
    return kinds.every((each) => now - (this.#scannedAt.get(each) ?? Number.NEGATIVE_INFINITY) <= 2 * scanMs);
  }

  /** The orphans of a kind to be recorded: nothing, if there are none now and were none before. */
  #seen({ kind, orphans }: KindOrphans): SeenOrphans[] {
    if (orphans.length === 0 && !this.#orphaned.has(kind)) return [];
    if (orphans.length > 0) this.#orphaned.add(kind);
    return [{ labels: kind.resource.labels?.kinds ?? [], orphans }];
  }

  /** `began`: when the scan that found them began, by performance.now(). */
  async #collectDue(found: KindOrphans, began: number): Promise<number> {
    const { session, graceMs } = this.#options;
    if (found.orphans.length === 0) return 0;
    const due = await session.dueOrphans(found.orphans, graceMs);
    if (due.length > 0) await session.collectDue(collectionOf({ ...found, orphans: due }), performance.now() - began);
    return due.length;
  }
}

/** Orphans that are only listed neither are removed nor keep others from being removed. */
function isRemoved({ kind }: KindOrphans): boolean {
  return kind.definition.listedOrphans === undefined;
}

function collectionOf({ kind: { definition }, orphans }: KindOrphans): OrphansOfKind {
  return { collection: definition.garbageCollection ?? `${definition.name}.sweep`, orphans };
}

/** While the database may be outdated, missing objects are created and nothing is removed. */
function allowed(differences: readonly Difference[], hold: RemovalHold | null): readonly Difference[] {
  return hold?.reason === 'restored' ? differences.filter(({ removes }) => !removes) : differences;
}

function circuitBreakerOf(kinds: readonly KindOrphans[]): RemovalHold | null {
  return circuitBreaker(
    kinds.reduce((sum, { orphans }) => sum + orphans.length, 0),
    kinds.reduce((sum, { labelled }) => sum + labelled, 0),
  );
}
