import { Problem } from '../../../schema/problem.ts';

/** The request of a command on one pool. */
interface NamesPool {
  readonly request: { readonly cpoolID: string };
}

export const poolResource = { onHost: ({ request }: NamesPool) => `/cpools/${request.cpoolID}` };

export function unknownPool(pool: string): Problem {
  return new Problem('not_found', `Pool ${pool} not found`, {
    errors: [{ parameter: 'CPoolId', detail: `pool ${pool} not found` }],
  });
}
