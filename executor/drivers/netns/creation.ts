import { asNetnsError, errnoName, NetnsError, refusal } from './errors.ts';
import { namespaceInWords } from './names.ts';
import type { Acknowledgement } from './netlink/codec.ts';
import { deleteLink, readLink } from './netlink/links.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import type { NetnsHandle } from './netns-handle.ts';

/* Common to the creation of bridges and of veths. */

/** EAFNOSUPPORT is the kernel's answer to a request about IPv6 addresses if it has no IPv6. */
export function tolerateNoIpv6(acknowledgements: readonly Acknowledgement[], action: string): void {
  for (const acknowledgement of acknowledgements) {
    if (acknowledgement.errno !== 0 && errnoName(acknowledgement.errno) !== 'EAFNOSUPPORT')
      throwUnlessAccepted(acknowledgement, action);
  }
}

export function requireAccepted(acknowledgement: Acknowledgement | undefined, action: string): void {
  if (acknowledgement === undefined) throw refusal('kernel', action, 'the kernel left a request unanswered');
  throwUnlessAccepted(acknowledgement, action);
}

/**
 * @throws NetnsError `exists` naming the link that has one of the names, or the kernel's other reason for the refusal
 */
export function requireMade(
  made: Acknowledgement | undefined,
  wanted: readonly { readonly netns: NetnsHandle; readonly name: string }[],
  action: string,
): void {
  if (made !== undefined && errnoName(made.errno) === 'EEXIST') {
    for (const { netns, name } of wanted) {
      const found = readLink(netns.socket, name);
      if (found !== null) throw nameTaken(netns, name, found.alias, action);
    }
  }
  requireAccepted(made, action);
}

export function nameTaken(netns: NetnsHandle, name: string, alias: string | null, action: string): NetnsError {
  const label = alias === null ? 'no alias' : `the alias ${JSON.stringify(alias)}`;
  const detail = `link ${name} already exists in ${namespaceInWords(netns.name)}, with ${label}`;
  return new NetnsError({ code: 'exists', action, detail, errno: 'EEXIST', kernelText: null });
}

/** Runs the steps after a creation; when one fails, the links (and with them the other ends of veths) are deleted. */
export function undoOnFailure(netns: NetnsHandle, indexes: readonly number[], action: string, steps: () => void): void {
  try {
    steps();
  } catch (error) {
    const failure = asNetnsError(error, action);
    // Another executor may have found them by their hardware addresses and labelled them by now.
    if (failure.code === 'expired') throw failure;
    const refused = netns.socket
      .batch(indexes.map(deleteLink), `undo ${action}`)
      .find(({ errno }) => errno !== 0 && errnoName(errno) !== 'ENODEV');
    if (refused === undefined) throw failure;
    const detail = `${failure.detail}; undoing it failed too (${errnoName(refused.errno)})`;
    throw new NetnsError({ ...failure.toFields(), detail });
  }
}
