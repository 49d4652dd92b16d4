import { waiting } from '../conformance/example.ts';
import type { Instance } from '../support/instance.ts';
import { until } from '../support/until.ts';

export type Act = (weft: Instance) => Promise<unknown>;

/** One operation that has to survive a halt at each of its steps, by any means. */
export interface Scenario {
  /** Makes what weft stands on ready for a run, and returns weft's variables for it; for a scenario that has `clear`. */
  readonly environment?: () => Promise<Readonly<Record<string, string>>>;
  /** Prepares the state before it, undisturbed. */
  readonly prepare: Act;
  /** Sends the request whose operation is halted. */
  readonly act: Act;
  /** Further state that must be the same as without a halt: peers that outlive weft. */
  readonly outcome?: (weft: Instance) => Promise<unknown>;
  /**
   * A step (`<step>:<nth time>`) that fails permanently, so that the operation is undone and the host ends in the state
   * before it.
   */
  readonly failing?: string;
  /** Ends what outlives weft. */
  readonly clear?: () => Promise<void>;
}

export type Scenarios = Readonly<Record<string, Scenario>>;

export const nothing: Act = async () => undefined;

/** One request that is answered when its operation has ended. */
export function request(method: string, path: string, body?: unknown): Act {
  return (weft) => weft.request(method, path, body, waiting);
}

/** Brings about what is there before a scenario. */
export async function prepareScenario({ prepare }: Pick<Scenario, 'prepare'>, weft: Instance): Promise<void> {
  requireSuccess(await prepare(weft));
  await atRest(weft);
}

/** Throws when a request of a preparation was refused: what follows would be tried on something else. */
function requireSuccess(answer: unknown): void {
  const status = Reflect.get(Object(answer), 'status');
  if (Number(status) >= 300) throw new Error(`a preparation was answered ${JSON.stringify(answer)}`);
}

export function inOrder(...acts: readonly Act[]): Act {
  return async (weft) => {
    for (const act of acts) requireSuccess(await act(weft));
  };
}

export function atRest(weft: Instance): Promise<void> {
  return until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
}
