import { settleCarriers } from './carriers.ts';
import { requireMade, tolerateNoIpv6, undoOnFailure } from './creation.ts';
import type { VethEnd, VethRequest } from './driver.ts';
import { errnoName, refusal } from './errors.ts';
import { checkLabel, checkLinkName, checkMac } from './names.ts';
import type { Acknowledgement, Request } from './netlink/codec.ts';
import { newVeth, readLink, setAlias, setMaster, setNoIpv6Address, setUp } from './netlink/links.ts';
import { bridgeIndex, type Context, disableIpv6, type NetnsHandle, openNetns } from './netns-handle.ts';

/**
 * Each far end's namespace is opened, with two descriptors: this number is small enough for a process with few of them.
 */
const PAIRS_AT_ONCE = 16;

interface PlannedEnd {
  readonly end: VethEnd;
  readonly netns: NetnsHandle;
  readonly name: string;
  readonly index: number;
  /** Index of the bridge, or 0. */
  readonly master: number;
}

interface PlannedPair {
  readonly near: PlannedEnd;
  readonly far: PlannedEnd;
  readonly action: string;
}

/** The kernel's answers to the messages about one pair. */
interface Made extends PlannedPair {
  readonly acknowledgements: readonly Acknowledgement[];
}

/**
 * Creates veth pairs with each end in its namespace. One message creates both ends; the near one is labelled in the
 * same system call, together with those of other pairs, the far one right after. When anything fails, that pair and
 * those after it are removed again. An existing pair with these names and aliases is kept.
 *
 * @throws NetnsError `exists` naming the link in the way, `missing` for a namespace or bridge that does not exist
 */
export function createVeths(context: Context, requests: readonly VethRequest[]): void {
  for (const request of requests) checkRequest(request);
  for (let first = 0; first < requests.length; first += PAIRS_AT_ONCE) {
    createSome(context, requests.slice(first, first + PAIRS_AT_ONCE));
  }
}

function createSome(context: Context, requests: readonly VethRequest[]): void {
  using opened = new OpenedNetns(context);
  const pairs = requests.map((request) => planPair(context, opened, request));
  for (const [netns, group] of consecutive(pairs)) finishAll(netns, createAll(netns, group));
}

/** In the order of the pairs: consecutive ones whose near ends are in one namespace are created in one system call. */
function consecutive(pairs: readonly PlannedPair[]): [NetnsHandle, PlannedPair[]][] {
  const groups: [NetnsHandle, PlannedPair[]][] = [];
  for (const pair of pairs) {
    const last = groups.at(-1);
    if (last?.[0] === pair.near.netns) last[1].push(pair);
    else groups.push([pair.near.netns, [pair]]);
  }
  return groups;
}

function createAll(netns: NetnsHandle, pairs: readonly PlannedPair[]): Made[] {
  const requests = pairs.map(nearRequests);
  const acknowledgements = netns.socket.batch(requests.flat(), actionOf(pairs));
  let from = 0;
  return pairs.map((pair, position) => {
    const own = acknowledgements.slice(from, from + (requests[position]?.length ?? 0));
    from += own.length;
    return { ...pair, acknowledgements: own };
  });
}

/** Pair after pair; the first refused one and those after it are removed. */
function finishAll(netns: NetnsHandle, made: readonly Made[]): void {
  for (const [position, pair] of made.entries()) {
    const unfinished = made
      .slice(position)
      .flatMap(({ near, acknowledgements }) => (isMade(acknowledgements) ? [near.index] : []));
    undoOnFailure(netns, unfinished, pair.action, () => finishPair(pair));
  }
}

/** If the kernel refused, the index may be another link's. */
function isMade([creation]: readonly Acknowledgement[]): boolean {
  return creation?.errno === 0;
}

function finishPair({ near, far, action, acknowledgements }: Made): void {
  const [made, ...labelled] = acknowledgements;
  if (made !== undefined && errnoName(made.errno) === 'EEXIST' && keepPair(near, far, action)) return;
  requireMade(made, [near, far], action);
  tolerateNoIpv6(labelled, action);
  if (far.netns !== near.netns) {
    const isHost = far.end.namespace === null;
    const up = far.end.up && !isHost ? [setUp(far.index, true)] : [];
    tolerateNoIpv6(far.netns.socket.batch([...labelRequests(far), ...up], action), action);
    if (isHost) finishEnd(far, action);
  } else finishEnd(far, action);
  finishEnd(near, action);
  for (const { end, netns, index } of [near, far])
    if (end.up && end.namespace === null) settleCarriers(netns.socket, [index]);
}

/** Whether the two names already belong to the two ends of one pair with these labels; sets those ends up. */
function keepPair(near: PlannedEnd, far: PlannedEnd, action: string): boolean {
  const [one, other] = [near, far].map(({ netns, name }) => readLink(netns.socket, name));
  const ours = one?.alias === near.end.alias && other?.alias === far.end.alias;
  if (!one || !other || !ours || one.kind !== 'veth' || one.peer !== other.index || other.peer !== one.index)
    return false;
  if (near.master !== (one.master ?? 0)) near.netns.socket.request(setMaster(one.index, near.master), action);
  finishEnd({ ...near, index: one.index }, action);
  finishEnd({ ...far, index: other.index }, action);
  return true;
}

function checkRequest({ ends }: VethRequest): void {
  const action = `create veth ${ends[0].name}`;
  for (const end of ends) {
    checkLinkName(end.name, action);
    checkLabel(end.alias, action);
    checkMac(end.mac, action);
    if (end.bridge !== undefined) checkLinkName(end.bridge, action);
  }
  if (ends[0].namespace === ends[1].namespace && ends[0].name === ends[1].name) {
    throw refusal('invalid', action, `both ends are named ${ends[0].name} in the same namespace`);
  }
}

function actionOf(pairs: readonly PlannedPair[]): string {
  const [first, ...others] = pairs;
  return `${first?.action ?? 'create veths'}${others.length === 0 ? '' : ` and ${others.length} more`}`;
}

function planPair(context: Context, opened: OpenedNetns, { ends }: VethRequest): PlannedPair {
  const action = `create veth ${ends[0].name}`;
  const [near, far] = nearEndFirst(ends);
  const plan = (end: VethEnd): PlannedEnd => {
    const netns = opened.open(end.namespace, action);
    const master = end.bridge === undefined ? 0 : opened.bridge(netns, end.bridge, action);
    return { end, netns, name: end.name, index: context.indexes.next(), master };
  };
  return { near: plan(near), far: plan(far), action };
}

/** The near end can be put into a bridge at its creation; a later change of master would cost a grace period. */
function nearEndFirst([first, second]: VethRequest['ends']): readonly [VethEnd, VethEnd] {
  const swap = first.bridge === undefined && (second.bridge !== undefined || second.namespace === null);
  return swap ? [second, first] : [first, second];
}

function nearRequests({ near, far }: PlannedPair): Request[] {
  const pair = newVeth(
    { index: near.index, name: near.end.name, mac: near.end.mac },
    near.master,
    { index: far.index, name: far.end.name, mac: far.end.mac },
    far.netns.descriptor,
  );
  const nearLabel = labelRequests({ ...near, master: 0 });
  return [pair, ...nearLabel, ...(far.netns === near.netns ? labelRequests(far) : [])];
}

/**
 * The alias comes first: it is needed to find the link after a kill. The IPv6 request is the one that may be refused.
 */
function labelRequests({ end, index, master }: PlannedEnd): Request[] {
  const requests = [setAlias(index, end.alias)];
  if (end.namespace === null) requests.push(setNoIpv6Address(index));
  if (master !== 0) requests.push(setMaster(index, master));
  return requests;
}

function finishEnd({ end, netns, index }: PlannedEnd, action: string): void {
  if (end.namespace === null) disableIpv6(end.name, action);
  if (end.up) netns.socket.request(setUp(index, true), action);
}

/** Common namespaces and bridges of several pairs are looked up once. */
class OpenedNetns implements Disposable {
  readonly #context: Context;
  readonly #opened = new DisposableStack();
  readonly #handles = new Map<string | null, NetnsHandle>();
  readonly #bridges = new Map<NetnsHandle, Map<string, number>>();

  constructor(context: Context) {
    this.#context = context;
  }

  open(namespace: string | null, action: string): NetnsHandle {
    const known = this.#handles.get(namespace);
    if (known) return known;
    const netns = this.#opened.use(openNetns(this.#context, namespace, action));
    this.#handles.set(namespace, netns);
    return netns;
  }

  bridge(netns: NetnsHandle, name: string, action: string): number {
    const bridges = this.#bridges.get(netns) ?? new Map<string, number>();
    this.#bridges.set(netns, bridges);
    const index = bridges.get(name) ?? bridgeIndex(netns, name, action);
    bridges.set(name, index);
    return index;
  }

  [Symbol.dispose](): void {
    this.#opened.dispose();
  }
}
