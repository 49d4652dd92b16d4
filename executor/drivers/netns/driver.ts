import { isAbsolute } from 'node:path';
import { type DriverHealth, Reopening } from '../reopening.ts';
import { type NetnsError, refusal } from './errors.ts';
import { unpackView } from './packed-view.ts';
import type { Verbs } from './protocol.ts';
import { startWorker, type WorkerHandle } from './worker-handle.ts';

export type { DriverHealth } from '../reopening.ts';
export { type Availability, canUseNetns } from './availability.ts';
export { NetnsError, type NetnsErrorCode } from './errors.ts';
export { type HostChange, type NetnsMonitor, openNetnsMonitor } from './monitor.ts';

/** A network device, as RTM_GETLINK shows it. */
export interface Link {
  index: number;
  name: string;
  alias: string | null;
  /** IFLA_INFO_KIND: `veth`, `bridge`, …; null for a device without one, such as a physical one or `lo`. */
  kind: string | null;
  /** Six bytes in lower-case hexadecimal; null for a device that has no such address. */
  mac: string | null;
  /** Bytes. */
  mtu: number;
  /** IFF_UP: set up, whether or not there is a carrier. */
  up: boolean;
  /** Index of the bridge that it is a port of. */
  master: number | null;
  /** Of a veth: index of its other end, in whatever namespace that is. */
  peer: number | null;
}

export interface NamespaceView {
  name: string;
  /** Its owner's label; null for what no call of `createNamespace` made. */
  label: string | null;
  /** False while the name is there without a namespace: half-made, or something else. */
  mounted: boolean;
  /** All its links, `lo` included. */
  links: Link[];
}

export interface HostView {
  /** Links of the namespace that the process was in when it opened the driver: all, or those that were asked for. */
  links: Link[];
  namespaces: NamespaceView[];
}

/** Links of the host's namespace that a look is about. The bridges that they are ports of are seen too. */
export interface LinkSelection {
  /** Those whose alias has one of these as its first word, up to a space. */
  owners: readonly string[];
  /** Those that have one of these aliases. */
  aliases: readonly string[];
  /** Those that have one of these names, whoever's they are. */
  names: readonly string[];
}

export interface VethEnd {
  /** Null: the host's own. */
  namespace: string | null;
  name: string;
  alias: string;
  mac: string;
  /** Name of the bridge, in the same namespace, that it becomes a port of. */
  bridge?: string;
  up: boolean;
}

export interface Replacement {
  namespace: string;
  /** Alias of the old link, which may be gone. */
  from: string;
  /** Alias of the new link. */
  to: string;
  /** The name that the new link ends up with. */
  name: string;
}

export interface NamespaceRequest {
  name: string;
  label: string;
}

export interface BridgeRequest {
  name: string;
  alias: string;
  mac: string;
  /** True by default. */
  up?: boolean;
}

export interface VethRequest {
  ends: readonly [VethEnd, VethEnd];
}

export interface ChangeRequest {
  namespace: string | null;
  alias: string;
  name?: string;
  up?: boolean;
  /** Name of a bridge in the same namespace; null takes the link out of its bridge. */
  bridge?: string | null;
}

export interface LabelRequest {
  namespace: string | null;
  name: string;
  mac: string;
  alias: string;
}

export interface DeleteLinksRequest {
  namespace: string | null;
  aliases: readonly string[];
}

export interface EnableRequest {
  links: readonly { readonly namespace: string | null; readonly name: string; readonly alias: string }[];
}

export interface ReplaceRequest {
  replacements: readonly Replacement[];
}

/**
 * Network namespaces, bridges and veth pairs, without a process started. Calls are worked off one after another, in
 * the order in which they were made; each is rejected with a NetnsError or has done all that it says.
 * Links are found by their alias, and only veths and bridges are ever changed.
 */
export interface NetnsDriver {
  /** Whether its thread runs. One that ended by a fault is started again; until then each call is rejected as `away`. */
  health(): DriverHealth;
  /**
   * Names that do not exist are absent from the answer. What a selection of links costs does not depend on how many
   * others the host's namespace has.
   */
  view(namespaces: readonly string[] | 'all', links?: LinkSelection): Promise<HostView>;
  /** With `lo` up; `ip netns` knows it. One with the same label is kept, anything else in the way is `foreign`. */
  createNamespace(request: NamespaceRequest): Promise<void>;
  /** The same for many, in fewer system calls. Those before a refused one may be made, those after it are not. */
  createNamespaces(requests: readonly NamespaceRequest[]): Promise<void>;
  /**
   * Deletes the namespace with the veths inside; that of a label which is not its own is `foreign`. A namespace that
   * still has veths costs the kernel some 20 ms: for many, delete their other ends first, all in one `deleteLinks`.
   */
  deleteNamespace(request: NamespaceRequest): Promise<void>;
  /** The same for many. Those before a refused one are deleted. */
  deleteNamespaces(requests: readonly NamespaceRequest[]): Promise<void>;
  /** A bridge in the host's namespace, up unless asked otherwise, without an address. One with the same alias is kept. */
  createBridge(request: BridgeRequest): Promise<void>;
  /** Both ends or none, unless it expires; the same pair again is kept. Any other name in use is `exists`. Killed half way, one end may lack its alias: see `labelLink`. */
  createVeth(request: VethRequest): Promise<void>;
  /** The same for many, in few system calls. Those before a refused one may be made, it and those after it are not. */
  createVeths(requests: readonly VethRequest[]): Promise<void>;
  /** Sets links up, in the order in which they are listed within a namespace. One without its alias is `missing`. */
  enableLinks(request: EnableRequest): Promise<void>;
  changeLink(request: ChangeRequest): Promise<void>;
  /** Only a link without an alias, whose hardware address is exactly that one; `foreign` otherwise. */
  labelLink(request: LabelRequest): Promise<void>;
  /** All links that bear one of the aliases, in one system call. Missing ones are no error. */
  deleteLinks(request: DeleteLinksRequest): Promise<void>;
  /** Gives interfaces a new far end; addresses and routes stay. May be repeated after it was cut short. */
  replaceLinks(request: ReplaceRequest): Promise<void>;
  /** Ends the worker thread when the calls made so far are done. */
  close(): Promise<void>;
}

export interface NetnsOptions {
  /** Where namespaces have their names. */
  directory?: string;
  /**
   * Until when anything may be changed, in nanoseconds of process.hrtime.bigint(): a number in shared memory that is read
   * right before each change. What has not had its turn by then does nothing and is `expired`.
   */
  expires?: BigInt64Array | null;
  /** Hears when its thread ends by itself, and when it is there again. */
  log?: (level: 'warn' | 'info', text: string) => void;
}

/**
 * Starts the driver in the network and mount namespace of the calling process.
 *
 * @throws NetnsError when the process may not do that; `canUseNetns` tells beforehand
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
  return new WorkerDriver(await Reopening.open({ ...restart, name: 'the netns driver', open }));
}

class WorkerDriver implements NetnsDriver {
  readonly #worker: Reopening<WorkerHandle>;
  #closed = false;

  constructor(worker: Reopening<WorkerHandle>) {
    this.#worker = worker;
  }

  health(): DriverHealth {
    return this.#worker.health();
  }

  async view(namespaces: readonly string[] | 'all', links?: LinkSelection): Promise<HostView> {
    return unpackView(await this.#call('view', links === undefined ? { namespaces } : { namespaces, links }));
  }

  createNamespace(request: NamespaceRequest): Promise<void> {
    return this.createNamespaces([request]);
  }

  createNamespaces(requests: readonly NamespaceRequest[]): Promise<void> {
    return this.#call('createNamespaces', requests);
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

  close(): Promise<void> {
    this.#closed = true;
    return this.#worker.close();
  }

  /** The worker answers each verb with what `Verbs` says that it returns. */
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
