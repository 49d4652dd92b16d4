import type { Held, ResyncBody } from '../../../schema/api/fleet/reconcile.ts';
import { type Database, now, type Statement, statement } from '../../../schema/database/database.ts';
import { labelPrefix } from '../../../schema/names.ts';
import type { Kind } from '../../kinds.ts';
import type { ClaimedOperation } from '../../records/records.ts';
import type { Labelled, Touched } from '../../resources/resource.ts';
import { fence, type Registration } from '../registration.ts';
import type { Outcome } from '../report.ts';
import { type Comparison, compare, type Difference } from './differences.ts';
import { dueOrphans, fileSweep, fuse, noteHeld, noteOrphans } from './orphans.ts';
import { fileRepairs } from './repairs.ts';
import { handOver, resyncBody } from './resync.ts';

export interface ReconcilerOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly kinds: readonly Kind[];
  /** How long something is left alone after it was first seen as an orphan, in milliseconds. */
  readonly graceMs: number;
}

/** What a look at the host led to. */
export interface Findings {
  /** Subjects that a repair was filed for. */
  readonly repairs: readonly string[];
  /** What is an operation's own at this moment, and is to be looked at again. */
  readonly busy: readonly string[];
  /** Orphans that are taken away now. */
  readonly swept: number;
  readonly held: Held | null;
}

interface KindOrphans {
  readonly kind: Kind;
  readonly labelled: number;
  readonly orphans: readonly Labelled[];
}

/** Compares the host with the wanted state and files a repair for each resource that differs. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Whether the table of orphans may have rows. */
  #orphaned = true;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Looks at what events named; at everything, orphans too, where they named no one thing. */
  async look(touched: Touched): Promise<Findings> {
    const comparisons = await this.#compare(touched);
    const differences = comparisons.flatMap(({ comparison }) => comparison.differences);
    const busy = comparisons.flatMap(({ comparison }) => comparison.busy);
    if (touched !== 'all') {
      if (differences.length === 0) return { repairs: [], busy, swept: 0, held: null };
      const held = await this.#held();
      return { repairs: await this.#write([], allowed(differences, held)), busy, swept: 0, held };
    }
    const kinds = await this.#orphans(comparisons);
    const held = await this.#judge(kinds);
    const repairs = await this.#write(
      [scanned(this.#options.registration), ...this.#note(kinds), ...noteHeld(this.#options.registration, held)],
      allowed(differences, held),
    );
    return { repairs, busy, swept: held === null ? await this.#sweep(kinds) : 0, held };
  }

  /** `hypervisor.resync`: somebody asks for a look at everything, and by asking says that the database is right. */
  async resync(operation: ClaimedOperation): Promise<Outcome | undefined> {
    const { registration } = this.#options;
    const comparisons = await this.#compare('all');
    const kinds = await this.#orphans(comparisons);
    const differences = comparisons.flatMap(({ comparison }) => comparison.differences);
    const body: ResyncBody = resyncBody(
      differences,
      kinds.flatMap(({ orphans }) => orphans),
    );
    const { dry_run: dryRun }: { dry_run: boolean } = JSON.parse(operation.request);
    if (dryRun) return { status: 'succeeded', error: null, settle: [], result: body };
    const counted = fuse(count(kinds).orphans, count(kinds).labelled);
    const repairs = await this.#write(
      [scanned(registration), ...this.#note(kinds), ...noteHeld(registration, counted)],
      differences,
      operation,
    );
    return repairs.length === 0 ? { status: 'succeeded', error: null, settle: [], result: { items: [] } } : undefined;
  }

  /** `hypervisor.sweep`: somebody has looked at the orphans and wants them gone, however many there are. */
  async sweep(operation: ClaimedOperation): Promise<Outcome | undefined> {
    const kinds = await this.#orphans(await this.#compare('all'));
    const some = kinds.filter(({ orphans }) => orphans.length > 0);
    const { registration, database } = this.#options;
    if (some.length === 0) return { status: 'succeeded', error: null, settle: [], result: { items: [] } };
    await database.write([
      fence(registration),
      ...noteHeld(registration, null),
      ...some.flatMap(({ kind, orphans }) => fileSweep(registration, { kind, orphans, asked: operation.id })),
      ...handOver(operation),
    ]);
    return undefined;
  }

  #compare(touched: Touched): Promise<{ kind: Kind; comparison: Comparison }[]> {
    return Promise.all(this.#options.kinds.map(async (kind) => ({ kind, comparison: await compare(kind, touched) })));
  }

  #orphans(comparisons: readonly { kind: Kind; comparison: Comparison }[]): Promise<KindOrphans[]> {
    const prefix = labelPrefix(this.#options.registration.databaseId);
    return Promise.all(
      comparisons.map(async ({ kind, comparison }) => {
        const labelled = kind.resource.labelled(comparison.observed, prefix);
        return { kind, labelled: labelled.length, orphans: await kind.records.findOrphans(labelled) };
      }),
    );
  }

  /** What keeps us from removing: a database that was restored, until somebody says that it is right; or the fuse. */
  async #judge(kinds: readonly KindOrphans[]): Promise<Held | null> {
    const held = await this.#held();
    if (held?.reason === 'restored') return held;
    const { orphans, labelled } = count(kinds);
    return fuse(orphans, labelled);
  }

  async #held(): Promise<Held | null> {
    const { database, registration } = this.#options;
    const [rows] = await database.read([
      statement<{ held: string | null }>('SELECT held FROM hypervisors WHERE id = :hypervisor', {
        hypervisor: registration.hypervisor,
      }),
    ]);
    const held = rows[0]?.held ?? null;
    return held === null ? null : JSON.parse(held);
  }

  #note(kinds: readonly KindOrphans[]): Statement<never>[] {
    const orphans = kinds.flatMap((kind) => kind.orphans);
    if (orphans.length === 0 && !this.#orphaned) return [];
    this.#orphaned = orphans.length > 0;
    return noteOrphans(this.#options.registration, orphans);
  }

  /** Answers the subjects of the repairs that were filed: what is at a pause is not. */
  async #write(
    statements: readonly Statement<never>[],
    differences: readonly Difference[],
    asked?: ClaimedOperation,
  ): Promise<string[]> {
    const { database, registration } = this.#options;
    const repairs = fileRepairs(registration, { differences, asked: asked?.id ?? null });
    const rows = await database.write([
      fence(registration),
      ...statements,
      ...(differences.length === 0 ? [] : [...repairs.statements, ...(asked ? handOver(asked) : [])]),
      repairs.selectFiled,
    ]);
    return (rows.at(-1) as { subject: string }[]).map(({ subject }) => subject);
  }

  async #sweep(kinds: readonly KindOrphans[]): Promise<number> {
    const { database, registration, graceMs } = this.#options;
    const due = await Promise.all(
      kinds.map(async ({ kind, orphans }) => ({
        kind,
        orphans: await dueOrphans(database, registration, orphans, graceMs),
      })),
    );
    const some = due.filter(({ orphans }) => orphans.length > 0);
    if (some.length === 0) return 0;
    await database.write([
      fence(registration),
      ...some.flatMap(({ kind, orphans }) => fileSweep(registration, { kind, orphans, asked: null })),
    ]);
    return some.reduce((sum, { orphans }) => sum + orphans.length, 0);
  }
}

/** While the database may be the wrong one, what it lacks is made, and nothing is taken away. */
function allowed(differences: readonly Difference[], held: Held | null): readonly Difference[] {
  return held?.reason === 'restored' ? differences.filter(({ removes }) => !removes) : differences;
}

function count(kinds: readonly KindOrphans[]): { orphans: number; labelled: number } {
  return {
    orphans: kinds.reduce((sum, { orphans }) => sum + orphans.length, 0),
    labelled: kinds.reduce((sum, { labelled }) => sum + labelled, 0),
  };
}

function scanned({ hypervisor }: Registration): Statement<never> {
  return statement(`UPDATE hypervisors SET scanned_ms = ${now} WHERE id = :hypervisor`, { hypervisor });
}
