import { Problem } from '../../../schema/problem.ts';

/** The request of a command on one CEN. */
interface NamesCen {
  readonly request: { readonly cenID: string };
}

export const cenNames = ({ request }: NamesCen) => ({ cens: [request.cenID] });

export const cenResource = { onHost: ({ request }: NamesCen) => `/cens/${request.cenID}` };

export function unknownCen(cen: string): Problem {
  return new Problem('not_found', `CEN ${cen} not found`, {
    errors: [{ parameter: 'CenId', detail: `CEN ${cen} not found` }],
  });
}
