import type { Changed, Labelled } from '../../schema/resources/definition.ts';

/** One thing that {@link HostAccess.apply} does on the host. */
export interface Step {
  /** `<thing>.<verb>`: what a failed operation and the fault harness name. */
  readonly name: string;
  /** What the operation's progress counts, such as a container; null where a step serves them all. */
  readonly item: string | null;
}

export interface Batches<SomeStep extends Step> {
  /** Names of the steps of which several in a row may be taken in one call. */
  readonly names: ReadonlySet<string>;
  /** Does what `apply` does for each, all of one name. What one refuses fails the call; others may be done by then. */
  apply(steps: readonly SomeStep[]): Promise<void>;
}

/** A part of the host that was read. */
export interface HostPart<Observed> {
  /** Places, in the list of what is wanted, of what it shows all of. */
  readonly which: readonly number[];
  readonly observed: Observed;
  /** Of that, what no part before has shown: what labels are looked for in. */
  readonly fresh: Observed;
}

/** What reads the host and changes it. */
export interface HostAccess<Desired, Observed, SomeStep extends Step> {
  /** Reads the part of the host that `desired` is about. */
  observe(desired: Desired): Promise<Observed>;
  /** Takes one step; doing it twice does no harm. */
  apply(step: SomeStep): Promise<void>;
  /** Where steps cost less together. */
  readonly batches?: Batches<SomeStep>;
}

/**
 * How a kind of resource becomes what it should be. Only `apply` touches the host. Nothing is kept between two attempts:
 * an executor that was killed observes again and goes on.
 */
export interface Resource<Desired, Observed, SomeStep extends Step> extends HostAccess<Desired, Observed, SomeStep> {
  /**
   * Begins an attempt, where that has to remember of its own steps what the host does not show. Without it nothing is
   * remembered.
   */
  beginAttempt?(): HostAccess<Desired, Observed, SomeStep>;
  /** Reads all of the host that this kind of resource is on; without it each is observed by itself. */
  observeAll?(): Promise<Observed>;
  /**
   * Reads what `desired` is about, and with `everything` all that `observeAll` reads, a part after another: all of a large
   * host would be too much to hold. Each of `desired` is in one.
   */
  observeParts?(desired: readonly Desired[], everything: boolean): AsyncIterable<HostPart<Observed>>;
  /**
   * Lists what is to be done; empty when the host is as desired. Pure. Throws a Problem where something that is not
   * weft's is in the way. What it lists may be the first part only: it is asked again until it lists nothing.
   */
  plan(desired: Desired, observed: Observed): SomeStep[];
  /** Whether a step takes something away; without it none does. Pure. */
  removes?(step: SomeStep): boolean;
  /** How what it makes is labelled; without it there are no orphans of it. */
  readonly labels?: Labels<Observed>;
  /** Calls `changed` soon after changes on the host, whoever made them; answers the end of it. Without it scans alone see them. */
  watch?(changed: (what: Changed) => void): () => void;
}

export interface Labels<Observed> {
  /** What bears them. */
  readonly kinds: readonly Labelled['kind'][];
  /** Everything that bears a label with this prefix. Pure. */
  find(observed: Observed, prefix: string): Labelled[];
}

/** What an operation is to turn into what. */
export interface Change<Desired> {
  readonly before: Desired;
  readonly after: Desired;
  /** How many items the operation's progress counts. */
  readonly total: number;
}
