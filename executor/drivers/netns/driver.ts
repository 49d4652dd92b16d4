import { isAbsolute } from 'node:path';
import { type DriverHealth, Reopening } from '../reopening.ts';
import { type NetnsError, refusal } from './errors.ts';
import type { AddressingSelection, HostView, LinkSelection } from './host-view.ts';
import { type Verbs, viewRequest } from './protocol.ts';
import type {
  AddressRequest,
  BridgeRequest,
  ChangeRequest,
  DeleteLinksRequest,
  EnableRequest,
  LabelRequest,
  NamespaceRequest,
  ReplaceRequest,
  VethRequest,
} from './requests.ts';
import { Sharing } from './sharing.ts';
import { SpareThread } from './spare-thread.ts';
import { startWorker, type WorkerHandle } from './worker-handle.ts';

export type { DriverHealth } from '../reopening.ts';
export { type Availability, canUseNetns } from './availability.ts';
export { NetnsError, type NetnsErrorCode } from './errors.ts';
export type {
  Addressing,
  AddressingSelection,
  HostView,
  Ipv4Address,
  Ipv4Route,
  Link,
  LinkSelection,
  NamespaceView,
} from './host-view.ts';
export { type HostChange, type NetnsMonitor, openNetnsMonitor } from './monitor.ts';
export { ROUTE_PROTOCOL } from './netlink/ipv4-routes.ts';
export type {
  AddressChange,
  AddressRequest,
  BridgeRequest,
  ChangeRequest,
  DefaultRoute,
  DeleteLinksRequest,
  EnableRequest,
  Ipv4Prefix,
  LabelRequest,
  NamespaceRequest,
  Replacement,
  ReplaceRequest,
  VethEnd,
  VethRequest,
} from './requests.ts';

/**
 * Network namespaces, bridges and veth pairs, without running other programs. Calls are executed one after another, in
 * the order in which they were made; each is either rejected with a NetnsError or has done everything that it says.
 * Links are found by their alias, and only veths and bridges are ever changed.
 */
export interface NetnsDriver {
  /** Whether its thread is running. After a crash it is started again; until then each call is rejected as `away`. */
  health(): DriverHealth;
  /**
   * Names that do not exist are missing in the result. The cost of a selection of links does not depend on how many
   * others the host's namespace has. Addressing is read where it is selected only.
   */
  view(
    namespaces: readonly string[] | 'all',
    links?: LinkSelection,
    addressed?: AddressingSelection,
  ): Promise<HostView>;
  /**
   * With `lo` up, and visible to `ip netns`. An existing one with the same label is kept, anything else of that name is
   * `foreign`.
   */
  createNamespace(request: NamespaceRequest): Promise<void>;
  /**
   * The same for many, in fewer system calls, and by two threads. If one is refused, others may have been created.
   */
  createNamespaces(requests: readonly NamespaceRequest[]): Promise<void>;
  /**
   * Deletes the namespace with the veths inside; one with another label is `foreign`. A namespace that still has veths
   * costs the kernel some 20 ms: for many, delete their other ends first, all in one `deleteLinks`.
   */
  deleteNamespace(request: NamespaceRequest): Promise<void>;
  /** The same for many. Those before a refused one are deleted. */
  deleteNamespaces(requests: readonly NamespaceRequest[]): Promise<void>;
  /**
   * A bridge in the host's namespace, up unless requested otherwise, without an address. An existing one with the same
   * alias is kept.
   */
  createBridge(request: BridgeRequest): Promise<void>;
  /**
   * Creates both ends or none, unless the call expires; the same pair is kept if it exists. Any other name in use is
   * `exists`. After a kill in the middle, one end may lack its alias: see `labelLink`.
   */
  createVeth(request: VethRequest): Promise<void>;
  /**
   * The same for many, in few system calls. Those before a refused one may have been created, it and those after it are
   * not.
   */
  createVeths(requests: readonly VethRequest[]): Promise<void>;
  /** Sets links up, in the order in which they are listed within a namespace. A link without its alias is `missing`. */
  enableLinks(request: EnableRequest): Promise<void>;
  changeLink(request: ChangeRequest): Promise<void>;
  /** Only a link without an alias and with exactly that hardware address; `foreign` otherwise. */
  labelLink(request: LabelRequest): Promise<void>;
  /** Deletes all links that have one of the aliases, in one system call. Missing ones are no error. */
  deleteLinks(request: DeleteLinksRequest): Promise<void>;
  /** Gives interfaces a new far end; addresses and routes are kept. Can be repeated after an interruption. */
  replaceLinks(request: ReplaceRequest): Promise<void>;
  /**
   * Gives links IPv4 addresses and takes them away, and sets the default route of a namespace. Changes that are made
   * already are no error; a link without its alias is `missing`, before anything is changed. The namespace is given
   * strict ARP (see `Addressing`) before its first address, and each added address is announced (RFC 5227), so that
   * neighbours with an outdated entry reach it at once. A default route that the driver did not make is `exists`: it
   * is kept, and the other changes are made.
   */
  address(request: AddressRequest): Promise<void>;
  /**
   * The same for many, by two threads, in no particular order. If one is refused, others may be done. An announcement
   * is a broadcast: on a bridge with 500 ports it takes some 2 ms.
   */
  addressAll(requests: readonly AddressRequest[]): Promise<void>;
  /** Ends the worker thread when the calls made so far are done. */
  close(): Promise<void>;
}

export interface NetnsOptions {
  /** The directory of named namespaces. */
  directory?: string;
  /**
   * Until when changes are permitted, in nanoseconds of process.hrtime.bigint(): a number in shared memory that is read
   * right before each change. A call that is not executed by then does nothing and is rejected as `expired`.
   */
  expires?: BigInt64Array | null;
  /** Called when its thread crashes, and when it is running again. */
  log?: (level: 'warn' | 'info', text: string) => void;
}

/**
 * Starts the driver in the network and mount namespace of the calling process.
 *
 * @throws NetnsError when the process lacks the permissions; `canUseNetns` tells in advance
 */
export async function openNetnsDriver({
  directory = '/run/netns',
  expires = null,
  ...restart
}: NetnsOptions = {}): Promise<NetnsDriver> {
  if (!isAbsolute(directory) || directory.includes('\0')) {
    throw refusal(
      'invalid',
      'open the netns driver',
      `invalid directory ${JSON.stringify(directory)}: not an absolute path`,
    );
  }
  const open = () => startWorker({ directory, expires });
  const spare = new SpareThread(() => startWorker({ directory, expires }, NAMESPACE_WORKER));
  return new WorkerDriver(await Reopening.open({ ...restart, name: 'the netns driver', open }), spare);
}

const NAMESPACE_WORKER = new URL('./namespace-worker.ts', import.meta.url);

class WorkerDriver implements NetnsDriver {
  readonly #worker: Reopening<WorkerHandle>;
  readonly #spare: SpareThread;
  readonly #sharing: Sharing;
  #closed = false;

  constructor(worker: Reopening<WorkerHandle>, spare: SpareThread) {
    this.#worker = worker;
    this.#spare = spare;
    this.#sharing = new Sharing((verb, request) => this.#call(verb, request), spare);
  }

  health(): DriverHealth {
    return this.#worker.health();
  }

  view(...selection: Parameters<NetnsDriver['view']>): Promise<HostView> {
    return this.#sharing.view(viewRequest(...selection));
  }

  createNamespace(request: NamespaceRequest): Promise<void> {
    return this.createNamespaces([request]);
  }

  createNamespaces(requests: readonly NamespaceRequest[]): Promise<void> {
    return this.#sharing.each('createNamespaces', requests);
  }

  deleteNamespace(request: NamespaceRequest): Promise<void> {
    return this.deleteNamespaces([request]);
  }

  deleteNamespaces(requests: readonly NamespaceRequest[]): Promise<void> {
    return this.#call('deleteNamespaces', requests);
  }

  createBridge(request: BridgeRequest): Promise<void> {
    return this.#call('createBridge', request);
  }

  createVeth(request: VethRequest): Promise<void> {
    return this.createVeths([request]);
  }

  createVeths(requests: readonly VethRequest[]): Promise<void> {
    return this.#call('createVeths', requests);
  }

  enableLinks(request: EnableRequest): Promise<void> {
    return this.#call('enableLinks', request);
  }

  changeLink(request: ChangeRequest): Promise<void> {
    return this.#call('changeLink', request);
  }

  labelLink(request: LabelRequest): Promise<void> {
    return this.#call('labelLink', request);
  }

  deleteLinks(request: DeleteLinksRequest): Promise<void> {
    return this.#call('deleteLinks', request);
  }

  replaceLinks(request: ReplaceRequest): Promise<void> {
    return this.#call('replaceLinks', request);
  }

  address(request: AddressRequest): Promise<void> {
    return this.addressAll([request]);
  }

  async addressAll(requests: readonly AddressRequest[]): Promise<void> {
    const { inside = [], onHost = [] } = Object.groupBy(requests, ({ namespace }) =>
      namespace === null ? 'onHost' : 'inside',
    );
    const ends = await Promise.allSettled([
      ...(inside.length > 0 ? [this.#sharing.each('addressAll', inside)] : []),
      // Only the first thread knows the links of the host.
      ...(onHost.length > 0 ? [this.#call('addressAll', onHost)] : []),
    ]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#spare.close();
    await this.#worker.close();
  }

  /** The result of each verb has the type that `Verbs` declares. */
  async #call<Name extends keyof Verbs>(
    verb: Name,
    request: Parameters<Verbs[Name]>[0],
  ): Promise<ReturnType<Verbs[Name]>> {
    const worker = this.#worker.current;
    if (worker === null) throw this.#away(verb);
    return (await worker.call(verb, request)) as ReturnType<Verbs[Name]>;
  }

  #away(verb: string): NetnsError {
    const health = this.#worker.health();
    const detail = health.available ? 'it is there again' : health.reason;
    return refusal(this.#closed ? 'invalid' : 'away', verb, detail);
  }
}
