import type { Changed, Labelled } from '../../schema/resources/definition.ts';

/** One change that {@link HostAccess.apply} makes on the host. */
export interface Step {
  /** `<object>.<verb>`: the step's name in failed operations and in the fault tests. */
  readonly name: string;
  /** The item that the operation's progress counts, such as a container; null: the step serves all items. */
  readonly item: string | null;
}

export interface Batches<SomeStep extends Step> {
  /** Names of the steps of which several consecutive ones may form a batch. */
  readonly names: ReadonlySet<string>;
  /**
   * Applies all of them; they have the same name. An error of one fails the call; others may have been applied by then.
   */
  apply(steps: readonly SomeStep[]): Promise<void>;
}

/** A part of the host that was read. */
export interface HostPart<Observed> {
  /** Indexes, in the list of desired states, of those that the part shows completely. */
  readonly which: readonly number[];
  readonly observed: Observed;
  /** The objects of the part that no earlier part contained: their labels are searched. */
  readonly fresh: Observed;
}

/** Reads and changes the host. */
export interface HostAccess<Desired, Observed, SomeStep extends Step> {
  /** Reads the part of the host that `desired` is about. */
  observe(desired: Desired): Promise<Observed>;
  /**
   * Takes one step; repeating it is harmless. A step that takes long asks `isUnwanted` now and then, and gives up with
   * an error whose code is `aborted` when its operation was cancelled, or the executor is ending.
   */
  apply(step: SomeStep, isUnwanted?: () => boolean): Promise<void>;
  /** For steps that cost less in a batch. */
  readonly batches?: Batches<SomeStep>;
}

/**
 * How a kind of resource reaches its desired state. Only `apply` changes the host. No state is kept between two
 * attempts: after a kill an executor observes again and continues.
 */
export interface Resource<Desired, Observed, SomeStep extends Step> extends HostAccess<Desired, Observed, SomeStep> {
  /**
   * Begins an attempt that has to remember things about its own steps which the host does not show. Without it nothing
   * is remembered.
   */
  beginAttempt?(): HostAccess<Desired, Observed, SomeStep>;
  /**
   * Reads all of the host that this kind of resource uses, and what these need; without it each resource is observed by
   * itself.
   */
  observeAll?(desired: readonly Desired[]): Promise<Observed>;
  /**
   * Reads the parts of the host that `desired` is about, and with `everything` all that `observeAll` reads, one after
   * another: a large host would be too much to hold at once. Each of `desired` is in one part.
   */
  observeParts?(desired: readonly Desired[], everything: boolean): AsyncIterable<HostPart<Observed>>;
  /**
   * Lists the steps to the desired state; empty if the host is in it. Pure. Throws a Problem if a foreign object is in
   * the way. The list may be only a first part: the plan is made again until it is empty.
   */
  plan(desired: Desired, observed: Observed): SomeStep[];
  /** Whether a step removes something; without it no step does. Pure. */
  removes?(step: SomeStep): boolean;
  /** How its objects are labelled; without it the kind has no orphans. */
  readonly labels?: Labels<Observed>;
  /**
   * Calls `changed` soon after any change on the host; returns the function that ends it. Without it only scans find
   * changes.
   */
  watch?(changed: (what: Changed) => void): () => void;
}

export interface Labels<Observed> {
  /** The kinds of objects that have labels. */
  readonly kinds: readonly Labelled['kind'][];
  /** All objects that have a label with this prefix. Pure. */
  find(observed: Observed, prefix: string): Labelled[];
}

/** The states before and after an operation. */
export interface Change<Desired> {
  readonly before: Desired;
  readonly after: Desired;
  /** The number of items that the operation's progress counts. */
  readonly total: number;
}
