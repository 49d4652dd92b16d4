/**
 * `unsupported`: there is no program `nft`, or the kernel has no nftables. `denied`: the kernel does not permit it to this process. `invalid`: a name or
 * an address that cannot be used. `expired`: the permission to change anything ran out before the change. `away`: the
 * program did not end within its deadline, and whether the change was made is unknown. `failed`: whatever else it says.
 */
export type NftablesErrorCode = 'unsupported' | 'denied' | 'invalid' | 'expired' | 'away' | 'failed';

/** What was not read or changed. `message` is `action: detail`. */
export class NftablesError extends Error {
  override readonly name = 'NftablesError';
  readonly code: NftablesErrorCode;
  /** What was being done, for example `change table weft-1b9d6bcd`. */
  readonly action: string;
  /** What went wrong: the words of nft, verbatim, where it has said anything. */
  readonly detail: string;

  constructor(code: NftablesErrorCode, action: string, detail: string) {
    super(`${action}: ${detail}`);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }

  /** Whether the same call may succeed a moment later. */
  get transient(): boolean {
    return this.code === 'away' || this.code === 'expired';
  }
}
