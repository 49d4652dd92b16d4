import type { RemovalHold, ResyncBody } from '../../../schema/api/fleet/reconcile.ts';
import { type Database, now, type Statement, statement } from '../../../schema/database/database.ts';
import { labelPrefix } from '../../../schema/names.ts';
import type { Changed, ClaimedOperation } from '../../../schema/resources/definition.ts';
import { TechnologyAway } from '../../kinds/health.ts';
import type { Kind } from '../records.ts';
import { fence, type Registration } from '../registration.ts';
import { isRunning, type Outcome } from '../report.ts';
import { type Comparison, comparing, type Difference, type Orphans } from './differences.ts';
import { circuitBreaker, dueOrphans, fileGarbageCollection, noteOrphans, noteRemovalHold } from './orphans.ts';
import { fileRepairs } from './repairs.ts';
import { handOver, resyncBody } from './resync.ts';

export interface ReconcilerOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly kinds: readonly Kind[];
  /** How long something is left alone after it was first seen as an orphan, in milliseconds. */
  readonly graceMs: number;
  /** How often each kind looks at the whole host, in milliseconds. */
  readonly scanMs: number;
}

/** What a look at the host led to. */
export interface Findings {
  /** Subjects that a repair was filed for. */
  readonly repairs: readonly string[];
  /** What is an operation's own at this moment, and is to be looked at again. */
  readonly busy: readonly string[];
  /** Orphans that are taken away now. */
  readonly collected: number;
  readonly hold: RemovalHold | null;
}

interface KindOrphans extends Orphans {
  readonly kind: Kind;
}

/** What a look at one kind found. */
interface Look extends Comparison {
  readonly kind: Kind;
  readonly orphans: KindOrphans | null;
}

/** Whether an event that came after the look began names a resource by one of these. */
export type IsStale = (names: readonly string[]) => boolean;

/** Compares the host with the wanted state and files a repair for each resource that differs. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Kinds whose table of orphans may have rows. */
  readonly #orphaned = new Set<Kind>();
  /** When each kind last looked at the whole host, in milliseconds of `performance.now()`. */
  readonly #scannedAt = new Map<Kind, number>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    for (const kind of options.kinds) this.#orphaned.add(kind);
  }

  /**
   * Compares what events named of a kind with the host; everything, orphans too, where they named no one thing. Throws
   * when the host could not be looked at: then nothing is known of what is missing.
   */
  async look(kind: Kind, changed: Changed, isStale: IsStale): Promise<Findings> {
    const began = performance.now();
    const { orphans, busy, differences: found } = await this.#compare(kind, changed);
    const differences = found.filter(({ eventNames }) => !isStale(eventNames));
    if (changed !== 'all') {
      if (differences.length === 0) return { repairs: [], busy, collected: 0, hold: null };
      const hold = await this.#hold();
      return { repairs: await this.#write([], allowed(differences, hold)), busy, collected: 0, hold };
    }
    const hold = orphans ? await this.#judge(orphans) : await this.#hold();
    const repairs = await this.#write(this.#note(kind, orphans, hold), allowed(differences, hold));
    if (orphans?.orphans.length === 0) this.#orphaned.delete(kind);
    return {
      repairs,
      busy,
      collected: orphans && hold === null ? await this.#fileCollection(orphans, began) : 0,
      hold,
    };
  }

  /** `hypervisor.resync`: a client asks for a look at everything, and by asking says that the database is right. */
  async resync(operation: ClaimedOperation): Promise<Outcome | undefined> {
    const { registration } = this.#options;
    const looks = await this.#lookAll();
    const differences = looks.flatMap((look) => look.differences);
    const orphans = looks.flatMap((look) => look.orphans ?? []);
    const body: ResyncBody = resyncBody(
      differences,
      orphans.flatMap((each) => each.orphans),
    );
    const { dry_run: dryRun }: { dry_run: boolean } = JSON.parse(operation.request);
    if (dryRun) return { status: 'succeeded', error: null, finish: [], result: body };
    const hold = circuitBreakerOf(orphans);
    const repairs = await this.#write(
      [...looks.flatMap((look) => this.#note(look.kind, look.orphans, hold)), ...noteRemovalHold(registration, hold)],
      differences,
      operation,
    );
    return repairs.length === 0 ? { status: 'succeeded', error: null, finish: [], result: { items: [] } } : undefined;
  }

  /** `hypervisor.sweep`: somebody has looked at the orphans and wants them gone, however many there are. */
  async collectOrphans(operation: ClaimedOperation): Promise<Outcome | undefined> {
    const began = performance.now();
    const found = (await this.#lookAll()).flatMap((look) => look.orphans ?? []);
    const some = found.filter(({ orphans }) => orphans.length > 0);
    const { registration, database } = this.#options;
    if (some.length === 0) return { status: 'succeeded', error: null, finish: [], result: { items: [] } };
    await database.write(
      [
        fence(registration),
        isRunning(registration, operation),
        ...noteRemovalHold(registration, null),
        ...some.flatMap(({ kind, orphans }) =>
          fileGarbageCollection(registration, {
            kind,
            orphans,
            asked: operation.id,
            lookMs: performance.now() - began,
          }),
        ),
        ...handOver(operation),
      ],
      { call: 'sweep' },
    );
    return undefined;
  }

  /** All kinds whose technology is there. */
  #lookAll(): Promise<Look[]> {
    const healthy = this.#options.kinds.filter((kind) => kind.health?.().available !== false);
    return Promise.all(healthy.map((kind) => this.#compare(kind, 'all')));
  }

  async #compare(kind: Kind, changed: Changed): Promise<Look> {
    const health = kind.health?.() ?? { available: true };
    if (!health.available) throw new TechnologyAway(health.reason);
    const compare = kind.compare ?? comparing(kind, labelPrefix(this.#options.registration.databaseId));
    const { orphans, ...rest } = await compare(changed);
    return { kind, ...rest, orphans: orphans && { kind, ...orphans } };
  }

  /** What keeps us from removing: a restored database, until a client says that it is right; or the circuit breaker. */
  async #judge(orphans: KindOrphans): Promise<RemovalHold | null> {
    const hold = await this.#hold();
    return hold?.reason === 'restored' ? hold : circuitBreakerOf([orphans]);
  }

  async #hold(): Promise<RemovalHold | null> {
    const { database, registration } = this.#options;
    const [rows] = await database.read(
      [
        statement<{ held: string | null }>('SELECT held FROM hypervisors WHERE id = :hypervisor', {
          hypervisor: registration.hypervisor,
        }),
      ],
      { call: 'look.held' },
    );
    const held = rows[0]?.held ?? null;
    return held === null ? null : JSON.parse(held);
  }

  /** What a whole look leaves in the rows beside repairs. */
  #note(kind: Kind, found: KindOrphans | null, hold: RemovalHold | null): Statement<never>[] {
    const { registration, kinds, scanMs } = this.#options;
    const now = performance.now();
    this.#scannedAt.set(kind, now);
    const isWhole = kinds.every((each) => now - (this.#scannedAt.get(each) ?? Number.NEGATIVE_INFINITY) <= 2 * scanMs);
    return [
      ...(isWhole ? [scanned(registration)] : []),
      ...(found ? [...this.#noteOrphans(found), ...noteRemovalHold(registration, hold)] : []),
    ];
  }

  #noteOrphans({ kind, orphans }: KindOrphans): Statement<never>[] {
    if (orphans.length === 0 && !this.#orphaned.has(kind)) return [];
    if (orphans.length > 0) this.#orphaned.add(kind);
    return noteOrphans(this.#options.registration, kind.resource.labels, orphans);
  }

  /** Answers the subjects of the repairs that were filed: what is at a pause is not. */
  async #write(
    statements: readonly Statement<never>[],
    differences: readonly Difference[],
    asked?: ClaimedOperation,
  ): Promise<string[]> {
    const { database, registration } = this.#options;
    if (statements.length === 0 && differences.length === 0) return [];
    const repairs = fileRepairs(registration, { differences, asked: asked?.id ?? null });
    const rows = await database.write(
      [
        fence(registration),
        ...(asked ? [isRunning(registration, asked)] : []),
        ...statements,
        ...(differences.length === 0 ? [] : [...repairs.statements, ...(asked ? handOver(asked) : [])]),
        repairs.selectFiled,
      ],
      { call: asked ? 'resync' : 'look.write' },
    );
    return (rows.at(-1) ?? []).map((row) => String(Reflect.get(Object(row), 'subject')));
  }

  /** `began`: when the look did that found them, by performance.now(). */
  async #fileCollection({ kind, orphans }: KindOrphans, began: number): Promise<number> {
    const { database, registration, graceMs } = this.#options;
    const due = await dueOrphans(database, registration, orphans, graceMs);
    if (due.length === 0) return 0;
    const lookMs = performance.now() - began;
    await database.write(
      [fence(registration), ...fileGarbageCollection(registration, { kind, orphans: due, asked: null, lookMs })],
      {
        call: 'orphans.sweep',
      },
    );
    return due.length;
  }
}

/** While the database may be the wrong one, what it lacks is made, and nothing is taken away. */
function allowed(differences: readonly Difference[], hold: RemovalHold | null): readonly Difference[] {
  return hold?.reason === 'restored' ? differences.filter(({ removes }) => !removes) : differences;
}

function circuitBreakerOf(kinds: readonly KindOrphans[]): RemovalHold | null {
  return circuitBreaker(
    kinds.reduce((sum, { orphans }) => sum + orphans.length, 0),
    kinds.reduce((sum, { labelled }) => sum + labelled, 0),
  );
}

function scanned({ hypervisor }: Registration): Statement<never> {
  return statement(`UPDATE hypervisors SET scanned_ms = ${now} WHERE id = :hypervisor`, { hypervisor });
}
