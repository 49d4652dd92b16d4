import type { CallRows } from '../../../schema/resources/calls.ts';
import type { Spec } from '../spec.ts';
import type { Answered, Call } from './plan.ts';

/** Calls change nothing that is wanted of a host. */
export const callsSpec: Spec<CallRows, never, Call | null, Answered, null> = {
  change: ({ id, kind, attempt, request }, { container }) => ({
    before: null,
    after: { id, kind, attempt, request, container },
    total: 1,
  }),
  desired: () => null,
  end: () => null,
  result: ({ answer }) => answer,
};
