/** The request of a command on one CEN. */
interface NamesCen {
  readonly request: { readonly cenID: string };
}

export const cenNames = ({ request }: NamesCen) => ({ cens: [request.cenID] });

export const cenResource = { onHost: ({ request }: NamesCen) => `/cens/${request.cenID}` };
