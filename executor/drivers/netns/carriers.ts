import { readSome } from './netlink/links.ts';
import type { RouteSocket } from './netlink/socket.ts';

/**
 * A link that has just been set up sends nothing, and a bridge does not forward to it, until the kernel's work queue has
 * handled its carrier: what is sent in the meantime is lost. To ask for a single link makes the kernel do that at once
 * (`linkwatch_sync_dev` in `rtnl_getlink`; an older kernel only answers).
 */
export function settleCarriers(socket: RouteSocket, indexes: readonly number[]): void {
  if (indexes.length > 0) readSome(socket, indexes);
}
