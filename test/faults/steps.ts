import type { Kind } from '../../executor/kinds.ts';

/** `<step>:before` or `<step>:after`. */
export type Place = string;

class PlannedFailure extends Error {
  readonly code = 'denied';
  readonly transient = false;
}

/** Comes between the loop and the steps of its kinds; what it does there may be changed while the executor runs. */
export class StepFaults {
  /** Takes every step twice. */
  twice = false;
  /** `<step>:<n>` fails for good the nth time that it is taken, `<step>:always` each time. */
  failing: string | undefined;
  /** Called at each place; the step goes on when the promise settles. */
  onPlace: (place: Place) => Promise<void> | undefined = () => undefined;
  readonly #taken = new Map<string, number>();

  readonly wrap = (kind: Kind): Kind => {
    const { resource } = kind;
    const apply: Kind['resource']['apply'] = async (step) => {
      await this.onPlace(`${step.name}:before`);
      this.#fail(step.name);
      await resource.apply(step);
      if (this.twice) await resource.apply(step);
      await this.onPlace(`${step.name}:after`);
    };
    return { ...kind, resource: { ...resource, apply } };
  };

  /** As a new process counts. */
  restart(): void {
    this.#taken.clear();
  }

  #fail(step: string): void {
    const times = (this.#taken.get(step) ?? 0) + 1;
    this.#taken.set(step, times);
    if (`${step}:${times}` === this.failing || `${step}:always` === this.failing)
      throw new PlannedFailure(`${step} fails as planned`);
  }
}
