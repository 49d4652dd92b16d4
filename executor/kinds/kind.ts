import type { Technology } from '../../schema/api/capabilities.ts';
import type { Compare } from '../loop/reconcile/differences.ts';
import type { Records } from '../records/records.ts';
import type { Resource, Step } from './resource.ts';

/** Whether a technology can be used now. */
export type Health = { readonly available: true } | { readonly available: false; readonly reason: string };

/** A family of operations: what it reads and writes in the database, and how it changes the host. */
export interface Kind<Desired = unknown, Observed = unknown, SomeStep extends Step = Step> {
  /** What it stands on. */
  readonly technology: Technology;
  /** The operations it does. */
  readonly operations: ReadonlySet<string>;
  readonly records: Records<Desired, Observed>;
  readonly resource: Resource<Desired, Observed, SomeStep>;
  /** Of what it stands on. While that is away its operations wait, and nothing is said of what is missing. */
  health?(): Health;
  /** Compares it with the host beside the event loop; without that the loop does so itself. */
  readonly compare?: Compare;
}

/** Forgets a family's own types, so that families stand in one list: the loop hands each back only what it gave out. */
export function kind<Desired, Observed, SomeStep extends Step>(family: Kind<Desired, Observed, SomeStep>): Kind {
  return family as unknown as Kind;
}
