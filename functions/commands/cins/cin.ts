import { Problem } from '../../../schema/problem.ts';

/** The request of a command on one CIN. */
interface NamesCin {
  readonly request: { readonly cinID: string };
}

export const cinResource = { onHost: ({ request }: NamesCin) => `/cins/${request.cinID}` };

export function unknownCin(cin: string): Problem {
  return new Problem('not_found', `CIN ${cin} not found`, {
    errors: [{ parameter: 'CinId', detail: `CIN ${cin} not found` }],
  });
}
