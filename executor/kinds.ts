import type { Records } from './records/records.ts';
import type { Resource, Step } from './resources/resource.ts';

/** A family of operations: what it reads and writes in the database, and how it changes the host. */
export interface Kind<Desired = unknown, Observed = unknown, SomeStep extends Step = Step> {
  /** The operations it does. */
  readonly operations: ReadonlySet<string>;
  readonly records: Records<Desired, Observed>;
  readonly resource: Resource<Desired, Observed, SomeStep>;
}

/** Forgets a family's own types, so that families stand in one list: the loop hands each back only what it gave out. */
export function kind<Desired, Observed, SomeStep extends Step>(family: Kind<Desired, Observed, SomeStep>): Kind {
  return family as unknown as Kind;
}
