import { NftablesError } from './errors.ts';
import { hostForwards, letHostForward } from './host-forwarding.ts';
import {
  checkChange,
  type Isolation,
  type IsolationChange,
  isLabel,
  isSame,
  type Owners,
  ownersAfter,
} from './isolation.ts';
import { decodeListing } from './listing.ts';
import { isNotThere, type NftOptions, runNft } from './nft.ts';
import { usesOf } from './rules.ts';
import { tableScript } from './script.ts';

export { NftablesError, type NftablesErrorCode } from './errors.ts';
export type { Forwarding, Gateway, IsolatedNetwork, Isolation, IsolationChange, Owners } from './isolation.ts';

/**
 * One nftables table (nft(8)) in the network namespace of the process that separates networks by the bridge that a
 * packet comes from or goes to: none of it is forwarded to another link unless the network's {@link Forwarding} says so, and
 * of the host it reaches its own gateway's address only. What it drops does not depend on whether the kernel forwards, on
 * addresses, or on the tables of others.
 *
 * Calls are executed one after another.
 */
export interface Nftables {
  /** @throws NftablesError */
  view(): Promise<Isolation>;
  /**
   * In one transaction, after which the table is intact; it can be repeated. The host is made to forward if a network is to.
   * The last network that is removed takes the
   * table with it. What others have changed in the table is lost.
   *
   * @throws NftablesError, and then the table is as it was, unless the error is `away`
   */
  apply(change: IsolationChange): Promise<void>;
  /** Ends when the calls made so far are done. Later ones are `invalid`. */
  close(): Promise<void>;
}

export interface NftablesOptions extends NftOptions {
  /** Its name, of the family inet. */
  readonly table: string;
  /** Names the owner, in the comments of the table and of each rule. */
  readonly label: string;
  /**
   * Until when changes are permitted, in nanoseconds of process.hrtime.bigint(): a number in shared memory that is read
   * right before each change, which is rejected as `expired` afterwards.
   */
  readonly expires?: BigInt64Array | null;
  /** Called when something that others changed in the table is overwritten. */
  readonly log?: (level: 'warn' | 'info', text: string) => void;
}

/** No table: nothing is to be isolated. */
const NOTHING: Isolation = { owners: new Map(), intact: true };

const TABLE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** @throws NftablesError `invalid` for a name or a label that a script cannot contain */
export function openNftables(options: NftablesOptions): Nftables {
  const action = 'open the nftables driver';
  if (!TABLE.test(options.table)) {
    throw new NftablesError('invalid', action, `invalid table ${JSON.stringify(options.table)}`);
  }
  if (!isLabel(options.label)) {
    throw new NftablesError('invalid', action, `invalid label ${JSON.stringify(options.label)}`);
  }
  return new TableDriver(options);
}

class TableDriver implements Nftables {
  readonly #options: NftablesOptions;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: NftablesOptions) {
    this.#options = options;
  }

  view(): Promise<Isolation> {
    return this.#inTurn(`read table ${this.#options.table}`, async (action) => (await this.#view(action)) ?? NOTHING);
  }

  apply(change: IsolationChange): Promise<void> {
    return this.#inTurn(`change table ${this.#options.table}`, (action) => this.#apply(change, action));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  #inTurn<T>(action: string, work: (action: string) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new NftablesError('invalid', action, 'it has been closed'));
    const result = this.#last.then(() => work(action));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #view(action: string): Promise<Isolation | null> {
    const { table } = this.#options;
    try {
      const printed = await runNft(['--json', 'list', 'table', 'inet', table], '', action, this.#options);
      const found = decodeListing(printed, this.#options.label);
      return { ...found, intact: found.intact && (!forwards(found.owners) || hostForwards()) };
    } catch (error) {
      // Without nftables there is no table.
      if (isNotThere(error) || (error instanceof NftablesError && error.code === 'unsupported')) return null;
      if (error instanceof SyntaxError) throw new NftablesError('failed', action, `invalid JSON: ${error.message}`);
      throw error;
    }
  }

  async #apply(change: IsolationChange, action: string): Promise<void> {
    checkChange(change, action);
    const found = await this.#view(action);
    const { owners, intact } = found ?? NOTHING;
    const wanted = ownersAfter(owners, change);
    // A table without networks is none.
    const isLeftOver = found !== null && wanted.size === 0;
    if (intact && isSame(owners, wanted) && !isLeftOver) return;
    if (!intact) this.#options.log?.('warn', `${action}: others have changed it, which is overwritten`);
    this.#requireTime(action);
    const { table, label } = this.#options;
    await runNft(['--file', '-'], tableScript(table, label, wanted), action, this.#options);
    if (!forwards(wanted) || hostForwards()) return;
    letHostForward(action);
    this.#options.log?.('info', 'net.ipv4.ip_forward was 0, and is 1 now');
  }

  #requireTime(action: string): void {
    const { expires = null } = this.#options;
    if (expires === null || process.hrtime.bigint() < Atomics.load(expires, 0)) return;
    throw new NftablesError('expired', action, 'the lease on this host expired while the call waited');
  }
}

function forwards(owners: Owners): boolean {
  const { on, nat } = usesOf(owners);
  return on || nat;
}
