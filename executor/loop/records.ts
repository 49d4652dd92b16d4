import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import type {
  Changed,
  ClaimedOperation,
  Ending,
  IdlePage,
  Labelled,
  Query,
  ResourceDefinition,
} from '../../schema/resources/definition.ts';
import { orphanGroups, selectOrphanGroups } from '../../schema/resources/orphans.ts';
import type { OwnKind } from '../kinds/kind.ts';
import type { Change, Resource, Step } from '../kinds/resource.ts';
import type { Spec } from '../kinds/spec.ts';

/** A resource that no operation is changing, as it is wanted: what a scan compares with the host. */
export interface IdleResource<Desired> {
  /** The resource, as operations name it. */
  readonly subject: string;
  readonly generation: number;
  readonly subjects: readonly string[];
  /** By which the host's events name it. */
  readonly eventNames: readonly string[];
  /** What bears its label. */
  readonly owner?: string | undefined;
  readonly desired: Desired;
}

/** Goes into the read of what is idle: {@link IdleResources.since}. */
const selectLast = statement<{ last: number }>('SELECT coalesce(max(sequence), 0) AS last FROM operations');

export interface IdleResources<Desired> {
  readonly idle: readonly IdleResource<Desired>[];
  /** The last operation that there was by then. */
  readonly since: number;
  /** What of the changed an unfinished operation is changing: to be looked at again when that has ended. */
  readonly busy: readonly string[];
}

/** What operations change, as of their own places in the order: null is a repair of what has been changed since. */
export type Changes<Desired> = ReadonlyMap<number, Change<Desired> | null>;

/** What the loop asks and writes of one kind's rows. */
export interface Records<Desired, Observed = unknown> {
  /** What is to be read of operations, and what that makes of them. All kinds' statements go into one read. */
  load(operations: readonly ClaimedOperation[]): Query<Changes<Desired>>;
  /**
   * The statements that an operation's end adds to the report's batch. `observed` is the host as it was read back;
   * null where the operation did not succeed.
   */
  finish(operation: ClaimedOperation, change: Change<Desired>, ending: Ending, observed: Observed | null): Statement[];
  /** What no unfinished operation changes: all of this hypervisor, or of what the host's events named. */
  loadIdle(changed: Changed): Promise<IdleResources<Desired>>;
  /** Of what bears our label on the host, that which belongs to no row. `known`: rows that were read a moment ago. */
  findOrphans(labelled: readonly Labelled[], known: readonly IdleResource<Desired>[]): Promise<Labelled[]>;
}

interface RecordsOptions<Rows, Idle, Desired, Observed, End> {
  readonly database: Pick<Database, 'read'>;
  readonly hypervisor: string;
  readonly definition: ResourceDefinition<Rows, Idle, End>;
  readonly spec: Spec<Rows, Idle, Desired, Observed, End>;
}

/** Joins what a kind is in the database with how it understands that. */
export function recordsOf<Rows, Idle, Desired, Observed, End>({
  database,
  hypervisor,
  definition,
  spec,
}: RecordsOptions<Rows, Idle, Desired, Observed, End>): Records<Desired, Observed> {
  return {
    load(operations) {
      const { statements, result } = definition.load(hypervisor, operations);
      return {
        statements,
        result(rows) {
          const rowsOf = result(rows);
          return new Map(
            operations.map((operation) => [operation.sequence, spec.change(operation, rowsOf(operation))]),
          );
        },
      };
    },

    finish: (operation, change, ending, observed) =>
      definition.finish({ hypervisor, operation, ending, end: spec.end(change, ending, observed) }),

    /**
     * Each page is a snapshot of its own. Each row is judged by itself, by its own generation, and the host is looked at
     * after the last page: a row that changes between two pages is the same to the look as one that changes after the last.
     */
    async loadIdle(changed) {
      const idle: IdleResource<Desired>[] = [];
      const busy: string[] = [];
      let since = Number.POSITIVE_INFINITY;
      let query: Query<IdlePage<Idle>> | null =
        spec.isRepaired === false ? null : definition.loadIdle(hypervisor, changed);
      while (query !== null) {
        const rows = await database.read([...query.statements, selectLast], { call: `look.${definition.name}` });
        const page: IdlePage<Idle> = query.result(rows);
        for (const { rows: own, ...each } of page.idle) idle.push({ ...each, desired: spec.desired(own) });
        busy.push(...page.busy);
        since = Math.min(since, Number(Reflect.get(Object(rows.at(-1)?.[0]), 'last')));
        query = page.next;
      }
      return { idle, busy, since };
    },

    async findOrphans(labelled, known) {
      const owners = new Set(known.flatMap(({ owner }) => owner ?? []));
      const orphans: Labelled[] = [];
      for (const groups of orphanGroups(labelled, owners)) {
        const [places] = await database.read([selectOrphanGroups(groups)], { call: 'look.orphans' });
        for (const { place } of places) orphans.push(...(groups[place] ?? []));
      }
      return orphans;
    },
  };
}

/** A kind as the loop has it: what it is in the database, on the host, and how the loop asks and writes its rows. */
export interface Kind<Desired = unknown, Observed = unknown, SomeStep extends Step = Step>
  extends Pick<OwnKind, 'definition' | 'health' | 'compare'> {
  readonly records: Records<Desired, Observed>;
  readonly resource: Resource<Desired, Observed, SomeStep>;
}

export function kindOf({ spec, ...own }: OwnKind, database: Database, hypervisor: string): Kind {
  return { ...own, records: recordsOf({ database, hypervisor, definition: own.definition, spec }) };
}
