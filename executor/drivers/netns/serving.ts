import type { MessagePort } from 'node:worker_threads';
import { asNetnsError } from './errors.ts';
import { requireTime, setExpiry } from './expiry.ts';
import type { Answer, Call, Verbs, WorkerOptions } from './protocol.ts';

/** What a thread offers. */
export interface Service {
  readonly verbs: Partial<Verbs>;
  /** Called after each answer. */
  readonly answered: () => void;
  readonly close: () => void;
}

/** Opens a service and executes one request after another, until it is told to close. */
export function serve(port: MessagePort, { expires }: Pick<WorkerOptions, 'expires'>, open: () => Service): void {
  try {
    const { verbs, answered, close } = open();
    port.on('message', (call: Call | 'close') => {
      if (call !== 'close') {
        port.postMessage(answer(verbs, call, expires));
        answered();
        return;
      }
      close();
      port.close();
    });
    port.postMessage({ id: 0, value: null } satisfies Answer);
  } catch (error) {
    const refused = asNetnsError(error, 'start a thread of the netns driver').toFields();
    port.postMessage({ id: 0, error: refused } satisfies Answer);
    port.close();
  }
}

function answer(verbs: Partial<Verbs>, call: Call, expires: WorkerOptions['expires']): Answer {
  try {
    // The verb and its request come from one typed call of the driver.
    const verb = verbs[call.verb] as (request: unknown) => unknown;
    // Observation is always permitted.
    setExpiry(call.verb === 'view' ? null : expires);
    // Before the verb reads anything: what is missing by then may have been changed by another owner.
    requireTime(call.verb);
    return { id: call.id, value: verb(call.request) };
  } catch (error) {
    return { id: call.id, error: asNetnsError(error, call.verb).toFields() };
  }
}
