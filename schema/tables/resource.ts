import { integer, text } from 'drizzle-orm/sqlite-core';

/** The columns of every resource: the desired state, what last succeeded, and the observed state. */
export const resource = {
  id: text().primaryKey(),
  hypervisor: text().notNull(),
  name: text().notNull(),
  spec: text().notNull(),
  appliedSpec: text('applied_spec'),
  generation: integer().notNull(),
  desired: text({ enum: ['present', 'absent'] }).notNull(),
  state: text().notNull(),
  stateSinceMs: integer('state_since_ms').notNull(),
  error: text(),
  createdMs: integer('created_ms').notNull(),
};
