/** Of one file: trees redirect to a mirror, and that from http to https. */
export const REDIRECTS_MAX = 5;

export type Redirect = { readonly to: string } | { readonly refused: string };

/**
 * Where a redirect leads.
 *
 * @param from the address that was asked
 * @param location the answer's `Location` (RFC 9110, section 10.2.2), null without
 * @param followed the number of redirects before this one
 */
export function redirected(from: string, location: string | null, followed: number): Redirect {
  if (followed >= REDIRECTS_MAX) return { refused: `it redirects more than ${REDIRECTS_MAX} times` };
  if (location === null || !URL.canParse(location, from)) return { refused: 'it redirects to no address' };
  const target = new URL(location, from);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    return { refused: `it redirects to ${target.protocol} instead of http or https` };
  }
  if (new URL(from).protocol === 'https:' && target.protocol === 'http:') {
    return { refused: 'it redirects from https to http, where anybody could exchange the files' };
  }
  if (target.username !== '' || target.password !== '')
    return { refused: 'it redirects to an address with a password' };
  target.hash = '';
  return { to: target.href };
}
