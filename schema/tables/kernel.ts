import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { operationStatuses } from '../operation-statuses.ts';

/** One row: the identity of this database. Its id is part of every label that weft sets on a host. */
export const database = sqliteTable('database', {
  id: text().primaryKey(),
  restoreGeneration: integer('restore_generation').notNull(),
});

export const operations = sqliteTable(
  'operations',
  {
    sequence: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    /** Sequence of the operation that this one is a part of. */
    parent: integer(),
    hypervisor: text(),
    kind: text().notNull(),
    /** The resource whose kind does the work; null for a parent, which no executor claims. */
    resource: text(),
    request: text().notNull(),
    generation: integer().notNull(),
    status: text({ enum: operationStatuses }).notNull(),
    notBeforeMs: integer('not_before_ms').notNull(),
    deadlineMs: integer('deadline_ms').notNull(),
    attempt: integer().notNull(),
    epoch: integer(),
    leaseUntilMs: integer('lease_until_ms'),
    done: integer().notNull(),
    total: integer().notNull(),
    step: text(),
    result: text(),
    error: text(),
    principal: text().notNull(),
    keyScope: text('key_scope'),
    key: text(),
    keyHash: text('key_hash'),
    createdMs: integer('created_ms').notNull(),
    startedMs: integer('started_ms'),
    finishedMs: integer('finished_ms'),
    /** When its cancellation was requested. */
    cancelMs: integer('cancel_ms'),
    /**
     * How many of its subjects an earlier unfinished operation changes; maintained by triggers on `operation_subjects`.
     */
    blockedSubjects: integer('blocked_subjects').notNull().default(0),
  },
  (table) => [
    index('operations_claim')
      .on(table.hypervisor, table.blockedSubjects, table.sequence)
      .where(sql`status = 'pending' AND resource IS NOT NULL`),
    index('operations_running').on(table.hypervisor, table.epoch).where(sql`status = 'running'`),
    index('operations_parent').on(table.parent).where(sql`parent IS NOT NULL`),
    index('operations_open_parts').on(table.parent).where(sql`parent IS NOT NULL AND status IN ('pending', 'running')`),
    index('operations_kind').on(table.kind),
    index('operations_unfinished').on(table.status).where(sql`status = 'pending' OR status = 'running'`),
    index('operations_unsuccessful').on(table.status).where(sql`status = 'failed' OR status = 'cancelled'`),
    index('operations_resource').on(table.resource, table.sequence).where(sql`resource IS NOT NULL`),
    uniqueIndex('operations_key').on(table.keyScope, table.key).where(sql`key IS NOT NULL`),
  ],
);

/** The subjects of unfinished operations; operations with a common subject run one after another. */
export const operationSubjects = sqliteTable(
  'operation_subjects',
  {
    subject: text().notNull(),
    sequence: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.subject, table.sequence] }),
    index('operation_subjects_sequence').on(table.sequence),
  ],
);

export const events = sqliteTable('events', {
  sequence: integer().primaryKey({ autoIncrement: true }),
  atMs: integer('at_ms').notNull(),
  hypervisor: text(),
  type: text().notNull(),
  subject: text().notNull(),
  data: text(),
});

/** Every name that weft has allocated on a host: names are unique. */
export const hostNames = sqliteTable(
  'host_names',
  {
    hypervisor: text().notNull(),
    /** Of what: `link`, `namespace`. */
    kind: text().notNull(),
    name: text().notNull(),
    owner: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hypervisor, table.kind, table.name] }),
    index('host_names_owner').on(table.owner),
  ],
);

/** Always empty: a guard whose condition is false inserts NULL into `ok` and so aborts its batch. */
export const guard = sqliteTable('guard', {
  reason: text().notNull(),
  ok: integer().notNull(),
});
