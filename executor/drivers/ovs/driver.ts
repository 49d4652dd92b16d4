import { type DriverHealth, Reopening } from '../reopening.ts';
import { checkBridge, planCreateBridge, planDeleteBridge } from './bridges.ts';
import type { OvsChange } from './cache.ts';
import { findKernelModule } from './datapath.ts';
import { OvsError, type PortFailure, refusal } from './errors.ts';
import { checkLock, checkName, checkTag } from './names.ts';
import {
  checkAttach,
  failuresOf,
  hasOwnDevice,
  NOTHING,
  planAttach,
  planDetach,
  planTag,
  replacedOf,
  retryUnmade,
} from './ports.ts';
import type { AttachRequest, BridgeRequest, DeleteBridgeRequest, DetachRequest, TagRequest } from './requests.ts';
import { Session } from './session.ts';
import { type OvsView, viewOf } from './view.ts';
import { Writer } from './writer.ts';

export type { DriverHealth } from '../reopening.ts';
export type { OvsChange } from './cache.ts';
export { chooseDatapath, type Datapath, type DatapathFacts, findKernelModule } from './datapath.ts';
export { OvsError, type OvsErrorCode, type PortFailure } from './errors.ts';
export type {
  AttachRequest,
  BridgeRequest,
  DeleteBridgeRequest,
  DetachRequest,
  PortProof,
  TagRequest,
} from './requests.ts';
export type { OvsBridge, OvsInterface, OvsPort, OvsView } from './view.ts';

export interface OvsVersion {
  /** Open_vSwitch.ovs_version, which the start script of Open vSwitch sets; null without it. */
  readonly vswitch: string | null;
  /** Of the schema of the database, such as `8.3.1`. */
  readonly schema: string;
}

/**
 * Bridges and ports of Open vSwitch, over one connection to its database (RFC 7047). Bridges and ports are known by their
 * label in external_ids:weft; what bears none or another one is `foreign` and never changed.
 *
 * Each call is one transaction, after the ones before it, and returns when ovs-vswitchd has applied it. It is either
 * rejected with an OvsError or has done everything that it says; what is there as requested is kept, so that any call
 * can be repeated. `away` and `expired` leave it unknown whether the change was made.
 */
export interface OvsDriver {
  /** Not available while there is no connection, and while ovs-vswitchd does not apply what is in the database. */
  health(): DriverHealth;
  version(): Promise<OvsVersion>;
  /** All bridges, with everything that was committed before the call. */
  view(): Promise<OvsView>;
  /** One that ovs-vswitchd cannot make is removed again: `refused`, with its words. */
  createBridge(request: BridgeRequest): Promise<void>;
  /** With its local port only: a bridge that has other ports is `foreign`. Without ovs-vswitchd it stays: `away`. */
  deleteBridge(request: DeleteBridgeRequest): Promise<void>;
  /**
   * All in one transaction, on bridges of anybody. A port of the same label that is on another bridge, or of another
   * type or tag, is changed, and one whose device was replaced is made anew. Those that ovs-vswitchd could not make are detached again, and listed in the error's
   * `failures` (`refused`); the others stay.
   */
  attachPorts(requests: readonly AttachRequest[]): Promise<void>;
  /**
   * All in one transaction; whether the device of a port still exists does not matter. `internal` ones stay while there
   * is no ovs-vswitchd: `away`. The kernel takes some 20 ms for each port, during which ovs-vswitchd does nothing else.
   */
  detachPorts(requests: readonly DetachRequest[]): Promise<void>;
  /** A port that does not exist is `missing`. */
  setTag(request: TagRequest): Promise<void>;
  /** Changes by anybody, this driver included. After a reconnect it is told of `everything`. */
  subscribe(listener: (change: OvsChange) => void): () => void;
  /** Ends when the calls made so far are committed. */
  close(): Promise<void>;
}

export interface OvsOptions {
  /** Of ovsdb-server. */
  readonly socket?: string;
  /**
   * The name of the OVSDB lock that permits changes (RFC 7047, section 4.1.8): a C identifier, without a hyphen. It is
   * stolen from whoever holds it: the newest driver is the one that may write, also after a reconnect. One that it was
   * stolen from changes nothing any more.
   */
  readonly lock: string;
  /**
   * Until when changes are permitted, in nanoseconds of process.hrtime.bigint(): a number in shared memory that is read
   * right before each change. A call that is not committed by then is rejected as `expired`.
   */
  readonly expires?: BigInt64Array | null;
  /** Milliseconds within which ovsdb-server has to answer. */
  readonly deadlineMs?: number;
  /** Milliseconds within which ovs-vswitchd has to apply a change; more for one of many ports. */
  readonly applyMs?: number;
  /** Milliseconds between signs of life of a silent ovsdb-server. */
  readonly probeMs?: number;
  /** Called when the connection or the lock is lost, and when it is there again. */
  readonly log?: (level: 'warn' | 'info', text: string) => void;
}

const DEADLINE_MS = 10_000;
const APPLY_MS = 30_000;
const PROBE_MS = 5_000;

const EVERYTHING: OvsChange = { bridges: [], ports: [], labels: [], everything: true };

/** @throws OvsError `away` if ovsdb-server is not running, `invalid` for the name of the lock */
export async function openOvsDriver(options: OvsOptions): Promise<OvsDriver> {
  checkLock(options.lock, 'open the Open vSwitch driver');
  return await DatabaseDriver.open(options);
}

class DatabaseDriver implements OvsDriver {
  readonly #options: OvsOptions;
  readonly #writer: Writer;
  readonly #listeners = new Set<(change: OvsChange) => void>();
  #sessions!: Reopening<Session>;
  #lockStolen = false;
  #closed = false;

  private constructor(options: OvsOptions) {
    this.#options = options;
    const { lock, expires = null, applyMs = APPLY_MS } = options;
    this.#writer = new Writer({ session: (action) => this.#session(action), lock, expires, applyMs });
  }

  static async open(options: OvsOptions): Promise<DatabaseDriver> {
    const driver = new DatabaseDriver(options);
    const { log } = options;
    driver.#sessions = await Reopening.open({
      name: 'Open vSwitch',
      open: () => driver.#openSession(),
      reopened: () => driver.#tell(EVERYTHING),
      ...(log === undefined ? {} : { log }),
    });
    return driver;
  }

  health(): DriverHealth {
    const health = this.#sessions.health();
    const { late } = this.#writer;
    return health.available && late !== null && this.#isLagging() ? { available: false, reason: late } : health;
  }

  async version(): Promise<OvsVersion> {
    const action = 'read the version of Open vSwitch';
    const session = this.#session(action);
    return { schema: await session.schemaVersion(action), vswitch: session.cache.root?.row.version ?? null };
  }

  async view(): Promise<OvsView> {
    const action = 'view the bridges of Open vSwitch';
    const session = this.#session(action);
    await session.synchronize(action);
    return viewOf(session.cache);
  }

  async createBridge(request: BridgeRequest): Promise<void> {
    const { name, label } = request;
    const action = `create bridge ${name}`;
    checkBridge(request, action);
    const module = findKernelModule();
    const cache = await this.#writer.apply(
      (rows) => retryUnmade(rows, planCreateBridge(rows, request, module, action), [name]),
      action,
    );
    const [failure] = failuresOf(cache, [name]);
    if (failure === undefined) return;
    await this.#writer.apply((rows) => planDeleteBridge(rows, { name, label }, action), action);
    throw failed(action, [failure]);
  }

  async deleteBridge(request: DeleteBridgeRequest): Promise<void> {
    const action = `delete bridge ${request.name}`;
    checkName(request.name, action);
    await this.#requireSwitch([request.name], action);
    await this.#writer.apply((rows) => planDeleteBridge(rows, request, action), action);
  }

  async attachPorts(requests: readonly AttachRequest[]): Promise<void> {
    const action = inWords('attach', requests);
    checkAttach(requests, action);
    const names = requests.map(({ port }) => port);
    await this.#writer.prepare((rows) => planDetach(rows, replacedOf(rows, requests), action), action);
    const plan = (rows: Session['cache']) => retryUnmade(rows, planAttach(rows, requests, action), names);
    const failures = failuresOf(await this.#writer.apply(plan, action), names);
    if (failures.length === 0) return;
    const failing = new Set(failures.map(({ name }) => name));
    const undone = requests.filter(({ port }) => failing.has(port));
    await this.#writer.apply((rows) => planDetach(rows, undone, action), action);
    throw failed(action, failures);
  }

  async detachPorts(requests: readonly DetachRequest[]): Promise<void> {
    const action = inWords('detach', requests);
    for (const { port } of requests) checkName(port, action);
    await this.#requireSwitch(
      requests.map(({ port }) => port),
      action,
    );
    await this.#writer.apply((rows) => planDetach(rows, requests, action), action);
  }

  async setTag(request: TagRequest): Promise<void> {
    const action = `set the tag of port ${request.port}`;
    checkName(request.port, action);
    checkTag(request.tag, action);
    await this.#writer.apply((rows) => planTag(rows, request, action), action);
  }

  subscribe(listener: (change: OvsChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#writer.settled();
    this.#closed = true;
    await this.#sessions.close();
  }

  async #openSession(): Promise<Session> {
    const { socket = SOCKET, lock, deadlineMs = DEADLINE_MS, probeMs = PROBE_MS } = this.#options;
    return await Session.open({
      ...{ socket, lock, deadlineMs, probeMs },
      lockBy: this.#lockBy(),
      changed: (change) => this.#tell(change),
      lockMoved: (held) => this.#lockMoved(held),
    });
  }

  /** Neither one that was replaced nor one that may have been takes anything back from its successor. */
  #lockBy(): 'steal' | 'lock' | null {
    if (this.#lockStolen) return null;
    const { expires = null } = this.#options;
    return expires === null || process.hrtime.bigint() < Atomics.load(expires, 0) ? 'steal' : 'lock';
  }

  /**
   * The devices that ovs-vswitchd makes outlive it (TUNSETPERSIST), and are only removed by one that sees their row go:
   * without it, the row stays.
   *
   * @throws OvsError `away` if ovs-vswitchd does not apply a configuration in which nothing is changed
   */
  async #requireSwitch(names: readonly string[], action: string): Promise<void> {
    const plan = (rows: Session['cache']) => (hasOwnDevice(rows, names) ? [NOTHING] : []);
    await this.#writer.prepare(plan, action);
  }

  #lockMoved(held: boolean): void {
    this.#lockStolen = !held;
    const { log, lock } = this.#options;
    if (held) log?.('info', `the lock ${lock} of Open vSwitch is held again`);
    else log?.('warn', `another process has taken the lock ${lock} of Open vSwitch: nothing is changed any more`);
  }

  /** Whether there is something that ovs-vswitchd has not applied; it does so when it starts, too. */
  #isLagging(): boolean {
    const root = this.#sessions.current?.cache.root?.row;
    return root !== undefined && root.currentConfiguration < root.nextConfiguration;
  }

  #tell(change: OvsChange): void {
    const { bridges, ports, everything } = change;
    if (bridges.length === 0 && ports.length === 0 && !everything) return;
    for (const listener of this.#listeners) listener(change);
  }

  /** @throws OvsError `away`, or `invalid` after `close` */
  #session(action: string): Session {
    const session = this.#sessions.current;
    if (session !== null && !this.#closed) return session;
    const health = this.#sessions.health();
    if (this.#closed) throw refusal('invalid', action, 'it has been closed');
    throw refusal('away', action, health.available ? 'it is there again' : health.reason);
  }
}

/** Where Open vSwitch has its database by default. */
const SOCKET = '/var/run/openvswitch/db.sock';

/** How many ports a message names. */
const NAMED_PORTS = 3;

function inWords(verb: string, requests: readonly { readonly port: string }[]): string {
  const [first] = requests;
  return requests.length === 1 ? `${verb} port ${first?.port}` : `${verb} ${requests.length} ports`;
}

function failed(action: string, failures: readonly PortFailure[]): OvsError {
  const named = failures.slice(0, NAMED_PORTS).map(({ name, error }) => `${name}: ${error}`);
  const more = failures.length > NAMED_PORTS ? `, and ${failures.length - NAMED_PORTS} more` : '';
  return new OvsError({ code: 'refused', action, detail: `${named.join('; ')}${more}`, failures });
}
