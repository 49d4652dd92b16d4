import type { BridgeRequest, VethEnd, VethRequest } from './driver.ts';
import { asNetnsError, errnoName, NetnsError, refusal } from './errors.ts';
import { checkLabel, checkLinkName, checkMac, namespaceInWords } from './names.ts';
import type { Request, Verdict } from './netlink/codec.ts';
import {
  deleteLink,
  newBridge,
  newVeth,
  readLink,
  setAlias,
  setMaster,
  setNoIpv6Address,
  setUp,
} from './netlink/links.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import { bridgeIndex, type Context, ignoreRouterAdvertisements, openPlace, type Place } from './places.ts';

/** Makes a bridge in the host's namespace, labelled from the first moment, up. One with the same alias is kept. */
export function createBridge(context: Context, { name, alias, mac }: BridgeRequest): void {
  const action = `create bridge ${name}`;
  checkLinkName(name, action);
  checkLabel(alias, action);
  checkMac(mac, action);
  using place = openPlace(context, null, action);
  const found = readLink(place.socket, name);
  if (found !== null) {
    if (found.kind !== 'bridge' || found.alias !== alias) throw nameTaken(place, name, found.alias, action);
    finishBridge(place, found.index, name, action);
    return;
  }
  const index = context.indexes.next();
  const [made, labelled] = place.socket.batch([newBridge({ index, name, mac }), setAlias(index, alias)], action);
  requireMade(made, [{ place, name }], action);
  undoOnFailure(place, index, action, () => {
    requireAccepted(labelled, action);
    finishBridge(place, index, name, action);
  });
}

/** The host takes no part in a segment: no address of its own, before the link is up. */
function finishBridge(place: Place, index: number, name: string, action: string): void {
  tolerateNoIpv6(place.socket.batch([setNoIpv6Address(index)], action), action);
  ignoreRouterAdvertisements(name, action);
  place.socket.request(setUp(index, true), action);
}

interface Wanted {
  place: Place;
  name: string;
}

interface PlannedEnd extends Wanted {
  end: VethEnd;
  index: number;
  /** Index of the bridge, or 0. */
  master: number;
}

/**
 * Makes a veth pair with each end in its place. One message makes both ends; the near one is labelled in the same
 * system call, the far one right after. When anything fails the pair is taken away again. A pair that is there
 * already, with these names and aliases, is kept.
 *
 * @throws NetnsError `exists` naming the link in the way, `missing` for a namespace or bridge that is not there
 */
export function createVeth(context: Context, { ends }: VethRequest): void {
  const action = `create veth ${ends[0].name}`;
  for (const end of ends) checkEnd(end, action);
  if (ends[0].namespace === ends[1].namespace && ends[0].name === ends[1].name) {
    throw refusal('invalid', action, `both ends are called ${ends[0].name} in the same namespace`);
  }
  const [first, second] = nearEndFirst(ends);
  using nearPlace = openPlace(context, first.namespace, action);
  using farPlace = openPlace(context, second.namespace, action);
  const near = planEnd(context, first, nearPlace, action);
  const far = planEnd(context, second, farPlace, action);
  const [made, ...labelled] = nearPlace.socket.batch(nearRequests(near, far), action);
  if (made !== undefined && errnoName(made.errno) === 'EEXIST' && keepPair(near, far, action)) return;
  requireMade(made, [near, far], action);
  undoOnFailure(nearPlace, near.index, action, () => {
    tolerateNoIpv6(labelled, action);
    if (!samePlace(near, far)) tolerateNoIpv6(farPlace.socket.batch(labelRequests(far), action), action);
    for (const planned of [near, far]) finishEnd(planned, action);
  });
}

/** Whether the two names are already the two ends of one pair that is labelled so; brings those ends up. */
function keepPair(near: PlannedEnd, far: PlannedEnd, action: string): boolean {
  const [one, other] = [near, far].map(({ place, name }) => readLink(place.socket, name));
  const ours = one?.alias === near.end.alias && other?.alias === far.end.alias;
  if (!one || !other || !ours || one.kind !== 'veth' || one.peer !== other.index || other.peer !== one.index)
    return false;
  if (near.master !== (one.master ?? 0)) near.place.socket.request(setMaster(one.index, near.master), action);
  finishEnd({ ...near, index: one.index }, action);
  finishEnd({ ...far, index: other.index }, action);
  return true;
}

function checkEnd(end: VethEnd, action: string): void {
  checkLinkName(end.name, action);
  checkLabel(end.alias, action);
  checkMac(end.mac, action);
  if (end.bridge !== undefined) checkLinkName(end.bridge, action);
}

/** The near end can be put into a bridge as it is made; a later change of master would cost a grace period. */
function nearEndFirst([first, second]: VethRequest['ends']): readonly [VethEnd, VethEnd] {
  const swap = first.bridge === undefined && (second.bridge !== undefined || second.namespace === null);
  return swap ? [second, first] : [first, second];
}

function planEnd(context: Context, end: VethEnd, place: Place, action: string): PlannedEnd {
  const master = end.bridge === undefined ? 0 : bridgeIndex(place, end.bridge, action);
  return { end, place, name: end.name, index: context.indexes.next(), master };
}

function samePlace(one: PlannedEnd, other: PlannedEnd): boolean {
  return one.end.namespace === other.end.namespace;
}

function nearRequests(near: PlannedEnd, far: PlannedEnd): Request[] {
  const pair = newVeth(
    { index: near.index, name: near.end.name, mac: near.end.mac },
    near.master,
    { index: far.index, name: far.end.name, mac: far.end.mac },
    far.place.descriptor,
  );
  const nearLabel = labelRequests({ ...near, master: 0 });
  return [pair, ...nearLabel, ...(samePlace(near, far) ? labelRequests(far) : [])];
}

/** Alias first: what comes after a kill must find it. The IPv6 request is the one that may be refused. */
function labelRequests({ end, index, master }: PlannedEnd): Request[] {
  const requests = [setAlias(index, end.alias)];
  if (end.namespace === null) requests.push(setNoIpv6Address(index));
  if (master !== 0) requests.push(setMaster(index, master));
  return requests;
}

function finishEnd({ end, place, index }: PlannedEnd, action: string): void {
  if (end.namespace === null) ignoreRouterAdvertisements(end.name, action);
  if (end.up) place.socket.request(setUp(index, true), action);
}

/** EAFNOSUPPORT answers the request about IPv6 addresses where there are none. */
function tolerateNoIpv6(verdicts: readonly Verdict[], action: string): void {
  for (const verdict of verdicts) {
    if (verdict.errno !== 0 && errnoName(verdict.errno) !== 'EAFNOSUPPORT') throwUnlessAccepted(verdict, action);
  }
}

function requireAccepted(verdict: Verdict | undefined, action: string): void {
  if (verdict === undefined) throw refusal('kernel', action, 'the kernel left a request unanswered');
  throwUnlessAccepted(verdict, action);
}

/** @throws NetnsError `exists` naming the link that has one of the names, or what else the kernel refused for */
function requireMade(made: Verdict | undefined, wanted: readonly Wanted[], action: string): void {
  if (made !== undefined && errnoName(made.errno) === 'EEXIST') {
    for (const { place, name } of wanted) {
      const found = readLink(place.socket, name);
      if (found !== null) throw nameTaken(place, name, found.alias, action);
    }
  }
  requireAccepted(made, action);
}

function nameTaken(place: Place, name: string, alias: string | null, action: string): NetnsError {
  const label = alias === null ? 'no alias' : `the alias ${JSON.stringify(alias)}`;
  const detail = `there is a link ${name} in ${namespaceInWords(place.name)} already, with ${label}`;
  return new NetnsError({ code: 'exists', action, detail, errno: 'EEXIST', kernelText: null });
}

/** Runs the steps after a creation; when one fails the link (and with it the other end of a veth) is deleted. */
function undoOnFailure(place: Place, index: number, action: string, steps: () => void): void {
  try {
    steps();
  } catch (error) {
    const failure = asNetnsError(error, action);
    // By now it may be somebody else's, who found it by its hardware address and labelled it.
    if (failure.code === 'expired') throw failure;
    const [undone] = place.socket.batch([deleteLink(index)], `undo ${action}`);
    if (undone === undefined || undone.errno === 0 || errnoName(undone.errno) === 'ENODEV') throw failure;
    const detail = `${failure.detail}; undoing it failed too (${errnoName(undone.errno)})`;
    throw new NetnsError({ ...failure.toFields(), detail });
  }
}
