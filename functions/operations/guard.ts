import {
  type Database,
  type DatabaseError,
  type Statement,
  guard as sqlGuard,
} from '../../schema/database/database.ts';
import type { Problem } from '../../schema/problem.ts';

/** What a client is answered whose write was aborted; may read what is in the way. */
export type MakeProblem = (database: Database) => Problem | Promise<Problem>;

/** A condition that must hold for a write, and the problem where it does not. Its id is its own within a write. */
export interface Guard extends Statement<never> {
  readonly guard: string;
  readonly problem: MakeProblem;
}

/** Aborts the write unless `condition`, an SQL expression over `args`, is true. */
export function guard(id: string, condition: string, args: Statement['args'], problem: MakeProblem): Guard {
  return { ...sqlGuard(id, condition, args), guard: id, problem };
}

/** A constraint that a write may meet: a name that is taken, or what another request has changed since it was read. */
export interface Constraint {
  /** Part of what SQLite says that was violated, such as `hypervisors.name`. */
  readonly violated: string;
  readonly problem: MakeProblem;
}

/** What makes the problem of a write that was aborted; undefined: nothing that the write knows of, which is a fault. */
export function problemOf(
  { code, reason }: DatabaseError,
  statements: readonly (Statement | Guard)[],
  constraints: readonly Constraint[],
): MakeProblem | undefined {
  if (code === 'constraint') return constraints.find(({ violated }) => reason.includes(violated))?.problem;
  return statements.filter(isGuard).find((each) => each.guard === reason)?.problem;
}

function isGuard(each: Statement | Guard): each is Guard {
  return each.guard !== undefined && 'problem' in each;
}

/** What the database gets of a statement: a function cannot be sent to another thread. */
export function withoutProblem({ sql, args, guard: id }: Statement): Statement {
  return id === undefined ? { sql, args } : { sql, args, guard: id };
}
