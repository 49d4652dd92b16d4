import { type Cache, LABEL_KEY } from './cache.ts';
import { type PortFailure, refusal } from './errors.ts';
import { bridgeExists, isRow, portIsOf } from './guards.ts';
import { type Found, type FoundPort, Lookup } from './lookup.ts';
import { checkLabel, checkName, checkTag } from './names.ts';
import type { AttachRequest, DetachRequest, PortProof, TagRequest } from './requests.ts';
import type { BridgeRow } from './rows.ts';
import type { Operation } from './transaction.ts';
import { type Atom, mapOf, namedUuid, optional, setOf, uuid } from './values.ts';
import { isReplaced, labelOf } from './view.ts';

/** Makes a configuration in which nothing is changed, which ovs-vswitchd applies nevertheless. */
export const NOTHING: Operation = { op: 'comment', comment: 'apply it again' };

/* What is to be changed so that ports are as requested: operations of one transaction, none if they are. */

/** @throws OvsError `invalid` */
export function checkAttach(requests: readonly AttachRequest[], action: string): void {
  const names = new Set<string>();
  for (const { bridge, port, label, tag = null } of requests) {
    checkName(bridge, action);
    checkName(port, action);
    checkLabel(label, action);
    checkTag(tag, action);
    if (names.has(port)) throw refusal('invalid', action, `port ${port} is requested twice`);
    names.add(port);
  }
}

/** @throws OvsError `missing` for a bridge, `foreign` for a port or an interface of that name */
export function planAttach(cache: Cache, requests: readonly AttachRequest[], action: string): Operation[] {
  const lookup = new Lookup(cache);
  const bridges = new BridgePorts();
  const operations = requests.flatMap((request, place) => {
    const { bridge, port, label } = request;
    const target = lookup.bridge(bridge);
    if (target === null) throw refusal('missing', action, `there is no bridge ${bridge}`);
    const found = lookup.port(port);
    if (found === null) {
      if (lookup.interface(port) !== null) throw refusal('foreign', action, `${port} is part of a bond`);
      bridges.add(target, namedUuid(`port${place}`));
      return insertPort(request, place);
    }
    requireProof(found, { label }, action);
    const guard = portIsOf(found, { label });
    if (found.bridge.id !== target.id || typeOf(found) !== storedType(request.type)) {
      bridges.remove(found.bridge, uuid(found.id));
      bridges.add(target, namedUuid(`port${place}`));
      return [guard, ...insertPort(request, place)];
    }
    const { tag = null } = request;
    return found.row.tag === tag ? [] : [guard, updateTag(found, tag)];
  });
  return [...operations, ...bridges.operations()];
}

/** What is not there is detached. @throws OvsError `foreign` */
export function planDetach(cache: Cache, requests: readonly DetachRequest[], action: string): Operation[] {
  const lookup = new Lookup(cache);
  const bridges = new BridgePorts();
  const guards = requests.flatMap((request) => {
    const found = lookup.port(request.port);
    if (found === null) return [];
    requireProof(found, request, action);
    bridges.remove(found.bridge, uuid(found.id));
    return [portIsOf(found, request)];
  });
  return [...guards, ...bridges.operations()];
}

/** @throws OvsError `missing`, `foreign` */
export function planTag(cache: Cache, request: TagRequest, action: string): Operation[] {
  const found = new Lookup(cache).port(request.port);
  if (found === null) throw refusal('missing', action, `there is no port ${request.port}`);
  requireProof(found, request, action);
  return found.row.tag === request.tag ? [] : [portIsOf(found, request), updateTag(found, request.tag)];
}

/**
 * The operations, or one that changes nothing if there are none and one of the ports is not made: ovs-vswitchd tries
 * again at each new configuration.
 */
export function retryUnmade(cache: Cache, operations: Operation[], names: readonly string[]): Operation[] {
  if (operations.length > 0 || failuresOf(cache, names).length === 0) return operations;
  return [NOTHING];
}

/** Those of the requests whose device was replaced: they have to be detached, in a configuration of its own, first. */
export function replacedOf<Request extends DetachRequest>(cache: Cache, requests: readonly Request[]): Request[] {
  const lookup = new Lookup(cache);
  return requests.filter((request) => {
    const found = lookup.port(request.port);
    const made = found?.interfaces.filter(({ row: { ofport } }) => ofport !== null && ofport >= 0) ?? [];
    return found !== null && isProven(found, request) && made.some(({ row }) => isReplaced(row));
  });
}

/** Whether one of these ports, or the local port of a bridge of that name, has a device that ovs-vswitchd has made. */
export function hasOwnDevice(cache: Cache, names: readonly string[]): boolean {
  const lookup = new Lookup(cache);
  return names.some((name) => lookup.port(name)?.interfaces.some(({ row }) => row.type === 'internal'));
}

/** Those that ovs-vswitchd could not make, once it has applied the configuration that has them. */
export function failuresOf(cache: Cache, names: readonly string[]): PortFailure[] {
  const lookup = new Lookup(cache);
  return names.flatMap((name) => {
    const found = lookup.port(name);
    if (found === null) return [{ name, error: 'it was removed meanwhile' }];
    return found.interfaces.slice(0, 1).flatMap(({ row: { error, ofport } }) => {
      if (error === null && ofport !== null && ofport >= 0) return [];
      return [{ name, error: error ?? 'it was given no OpenFlow port number' }];
    });
  });
}

/** Gathers changes of Bridge.ports, a column that others change too: elements are added and removed, it is never set. */
class BridgePorts {
  readonly #changes = new Map<string, { bridge: Found<BridgeRow>; added: Atom[]; removed: Atom[] }>();

  add(bridge: Found<BridgeRow>, port: Atom): void {
    this.#of(bridge).added.push(port);
  }

  remove(bridge: Found<BridgeRow>, port: Atom): void {
    this.#of(bridge).removed.push(port);
  }

  operations(): Operation[] {
    return [...this.#changes.values()].flatMap(({ bridge, added, removed }): Operation[] => [
      bridgeExists(bridge),
      {
        ...{ op: 'mutate', table: 'Bridge', where: isRow(bridge.id) },
        mutations: [
          ...(removed.length === 0 ? [] : [['ports', 'delete', setOf(...removed)] as const]),
          ...(added.length === 0 ? [] : [['ports', 'insert', setOf(...added)] as const]),
        ],
      },
    ]);
  }

  #of(bridge: Found<BridgeRow>) {
    const known = this.#changes.get(bridge.id);
    if (known !== undefined) return known;
    const made = { bridge, added: [], removed: [] };
    this.#changes.set(bridge.id, made);
    return made;
  }
}

function insertPort({ port, label, tag = null, type }: AttachRequest, place: number): Operation[] {
  const made = `interface${place}`;
  return [
    { op: 'insert', table: 'Interface', 'uuid-name': made, row: { name: port, type: storedType(type) } },
    {
      ...{ op: 'insert', table: 'Port', 'uuid-name': `port${place}` },
      row: {
        ...{ name: port, interfaces: namedUuid(made), tag: optional(tag) },
        external_ids: mapOf({ [LABEL_KEY]: label }),
      },
    },
  ];
}

function updateTag({ id }: FoundPort, tag: number | null): Operation {
  return { op: 'update', table: 'Port', where: isRow(id), row: { tag: optional(tag) } };
}

function typeOf({ interfaces }: FoundPort): string {
  return storedType(interfaces[0]?.row.type);
}

/** `system` and an empty text are the same, and others write the empty one. */
function storedType(type = ''): string {
  return type === 'system' ? '' : type;
}

/** @throws OvsError `foreign` */
function requireProof(found: FoundPort, proof: PortProof, action: string): void {
  if (isProven(found, proof)) return;
  const { bridge, row } = found;
  throw refusal('foreign', action, `port ${row.name} of bridge ${bridge.row.name} is somebody else's`);
}

function isProven({ row, interfaces }: FoundPort, proof: PortProof): boolean {
  if ('label' in proof) return labelOf(row.externalIds) === proof.label;
  return interfaces.length === 1 && interfaces[0]?.row.externalIds['vm-id'] === proof.vmId;
}
