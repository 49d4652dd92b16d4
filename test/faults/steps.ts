import type { Kind } from '../../executor/kinds/kind.ts';
import type { HostAccess, Step } from '../../executor/kinds/resource.ts';

type Some = readonly [Step, ...Step[]];

/** `<step>:before` or `<step>:after`; `<step>:within` after the first one of a batch. */
export type Place = string;

class PlannedFailure extends Error {
  readonly code = 'denied';
  readonly transient = false;
}

/** A layer between the loop and the steps of its kinds, whose behaviour may be changed while the executor runs. */
export class StepFaults {
  /** Takes every step twice. */
  twice = false;
  /** `<step>:<n>` fails permanently the nth time that it is taken, `<step>:always` each time. */
  failing: string | undefined;
  /** Called at each place; the step continues when the promise settles. */
  onPlace: (place: Place) => Promise<void> | undefined = () => undefined;
  readonly #taken = new Map<string, number>();

  readonly wrap = (kind: Kind): Kind => {
    const { beginAttempt, ...resource } = kind.resource;
    const wrapped = this.#wrapHost(resource);
    return {
      ...kind,
      resource: beginAttempt ? { ...wrapped, beginAttempt: () => this.#wrapHost(beginAttempt()) } : wrapped,
    };
  };

  /** Without any fault. */
  reset(): void {
    this.twice = false;
    this.failing = undefined;
    this.onPlace = () => undefined;
    this.restart();
  }

  /** Resets the counters, as in a new process. */
  restart(): void {
    this.#taken.clear();
  }

  /** A batch is also halted after its first step; if one of its steps is to fail, those before it are taken. */
  async #take(steps: readonly Step[], apply: (steps: Some) => Promise<void>): Promise<void> {
    const [first, ...others] = steps;
    if (!first) return;
    await this.onPlace(`${first.name}:before`);
    const planned = steps.findIndex(({ name }) => this.#fails(name));
    const [one, ...rest] = planned < 0 ? [first, ...others] : steps.slice(0, planned);
    if (one) await this.#apply([one], apply);
    if (others.length > 0) await this.onPlace(`${first.name}:within`);
    const [next, ...last] = rest;
    if (next) await this.#apply([next, ...last], apply);
    if (planned >= 0) throw new PlannedFailure(`${first.name} fails as planned`);
    await this.onPlace(`${first.name}:after`);
  }

  #wrapHost<Own extends HostAccess<unknown, unknown, Step>>(host: Own): Own {
    const { batches } = host;
    const apply: Own['apply'] = (step) => this.#take([step], ([only]) => host.apply(only));
    if (!batches) return { ...host, apply };
    const applyBatch = (steps: readonly Step[]) => this.#take(steps, (some) => batches.apply(some));
    return { ...host, apply, batches: { ...batches, apply: applyBatch } };
  }

  async #apply(steps: Some, apply: (steps: Some) => Promise<void>): Promise<void> {
    await apply(steps);
    if (this.twice) await apply(steps);
  }

  #fails(step: string): boolean {
    const times = (this.#taken.get(step) ?? 0) + 1;
    this.#taken.set(step, times);
    return `${step}:${times}` === this.failing || `${step}:always` === this.failing;
  }
}
