import { bindNetlink, closeDescriptor, openRouteSocket, setSocketOption } from '../syscalls.ts';
import { word } from './codec.ts';
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_LISTEN_ALL_NSID,
  RTNLGRP_LINK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from './constants.ts';

export interface Listening {
  /** Size of the buffer for unread events; those that do not fit are lost, which the reader is told. */
  readonly bufferBytes: number;
  /** Whether to listen to links in other namespaces, too: in those that have an id in the socket's own. */
  readonly everywhere: boolean;
}

/** Opens a socket that receives changes of links, in the namespace that the calling thread is in. */
export function listenToLinks({ bufferBytes, everywhere }: Listening): number {
  const socket = openRouteSocket();
  const room = word(bufferBytes);
  if (!setSocketOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, room)) setSocketOption(socket, SOL_SOCKET, SO_RCVBUF, room);
  bindNetlink(socket);
  // Without it only scans find changes inside containers.
  if (everywhere) setSocketOption(socket, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, word(1));
  if (!setSocketOption(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, word(RTNLGRP_LINK))) {
    closeDescriptor(socket);
    throw new Error('the kernel does not support listening for links');
  }
  return socket;
}
