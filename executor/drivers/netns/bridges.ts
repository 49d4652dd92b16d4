import { nameTaken, requireAccepted, requireMade, tolerateNoIpv6, undoOnFailure } from './creation.ts';
import type { BridgeRequest } from './driver.ts';
import { checkLabel, checkLinkName, checkMac } from './names.ts';
import { newBridge, readLink, setAlias, setNoIpv6Address, setUp } from './netlink/links.ts';
import { type Context, disableIpv6, type NetnsHandle, openNetns } from './netns-handle.ts';
import { makeArpStrict } from './strict-arp.ts';

/**
 * Creates a bridge in the host's namespace, labelled from its creation on. An existing one with the same alias is kept.
 */
export function createBridge(context: Context, { name, alias, mac, up = true }: BridgeRequest): void {
  const action = `create bridge ${name}`;
  checkLinkName(name, action);
  checkLabel(alias, action);
  checkMac(mac, action);
  using netns = openNetns(context, null, action);
  const found = readLink(netns.socket, name);
  if (found !== null) {
    if (found.kind !== 'bridge' || found.alias !== alias) throw nameTaken(netns, name, found.alias, action);
    finishBridge(netns, found.index, { name, up }, action);
    return;
  }
  const index = context.indexes.next();
  const [made, labelled] = netns.socket.batch([newBridge({ index, name, mac }), setAlias(index, alias)], action);
  requireMade(made, [{ netns, name }], action);
  undoOnFailure(netns, [index], action, () => {
    requireAccepted(labelled, action);
    finishBridge(netns, index, { name, up }, action);
  });
}

/**
 * The host takes no part in a segment: it gets no address, which is set before the link is up, and answers ARP for none
 * that it has elsewhere.
 */
function finishBridge(
  netns: NetnsHandle,
  index: number,
  { name, up }: { name: string; up: boolean },
  action: string,
): void {
  tolerateNoIpv6(netns.socket.batch([setNoIpv6Address(index)], action), action);
  disableIpv6(name, action);
  makeArpStrict(action, name);
  if (up) netns.socket.request(setUp(index, true), action);
}
