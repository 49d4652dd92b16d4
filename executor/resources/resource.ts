/** One thing that {@link Resource.apply} does on the host. */
export interface Step {
  /** `<thing>.<verb>`: what a failed operation and the fault harness name. */
  readonly name: string;
  /** What the operation's progress counts, such as a container; null where a step serves them all. */
  readonly item: string | null;
}

/**
 * How a kind of resource becomes what it should be. Only `apply` touches the host. Nothing is kept between two calls:
 * an executor that was killed observes again and goes on.
 */
export interface Resource<Desired, Observed, SomeStep extends Step> {
  /** Reads the part of the host that `desired` is about. */
  observe(desired: Desired): Promise<Observed>;
  /** Reads all of the host that this kind of resource is on. */
  observeAll(): Promise<Observed>;
  /**
   * Lists what is to be done; empty when the host is as desired. Pure. Throws a Problem where something that is not
   * weft's is in the way. What it lists may be the first part only: it is asked again until it lists nothing.
   */
  plan(desired: Desired, observed: Observed): SomeStep[];
  /** Takes one step; doing it twice does no harm. */
  apply(step: SomeStep): Promise<void>;
}

/** What an operation is to turn into what. A change that fails for good is undone by converging to `before`. */
export interface Change<Desired> {
  readonly before: Desired;
  readonly after: Desired;
  /** How many items the operation's progress counts. */
  readonly total: number;
}
