import { errnoName } from '../errors.ts';
import { type Request, wordAttribute } from './codec.ts';
import { NETNSA_FD, NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED, RTM_NEWNSID } from './constants.ts';
import { type RouteSocket, throwUnlessAccepted } from './socket.ts';

/** struct rtgenmsg, padded: no family. */
const GENERAL_HEADER = Buffer.alloc(4);

/**
 * Gives namespaces an id in the socket's own: the kernel reports changes only in namespaces that have one
 * (NETLINK_LISTEN_ALL_NSID of netlink(7)). Those that have one keep it.
 */
export function nameForListeners(socket: RouteSocket, descriptors: readonly number[]): void {
  const action = 'number namespaces';
  for (const acknowledgement of socket.batch(descriptors.map(assignment), action)) {
    if (acknowledgement.errno !== 0 && errnoName(acknowledgement.errno) !== 'EEXIST')
      throwUnlessAccepted(acknowledgement, action);
  }
}

function assignment(descriptor: number): Request {
  const body = [
    GENERAL_HEADER,
    wordAttribute(NETNSA_FD, descriptor),
    wordAttribute(NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED),
  ];
  return { type: RTM_NEWNSID, flags: 0, body };
}
