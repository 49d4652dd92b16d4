export type OvsErrorCode =
  /** A bridge, port or interface of that name was made by somebody else meanwhile. */
  | 'exists'
  | 'missing'
  /** It bears no label, or another one: it is not changed. */
  | 'foreign'
  /** Others keep changing the same rows. */
  | 'busy'
  | 'invalid'
  | 'denied'
  /** The database lacks a table or a column that is needed. */
  | 'unsupported'
  /** The permission to change anything is gone: its time has passed, or another process has taken the lock. */
  | 'expired'
  /** ovsdb-server or ovs-vswitchd does not answer: whether a change was made is unknown. */
  | 'away'
  /** Open vSwitch refuses it: `ovsError`, `ovsDetails` and `failures` have its words. */
  | 'refused';

/** A port or a bridge that is in the database and that ovs-vswitchd could not make. */
export interface PortFailure {
  readonly name: string;
  /** Interface.error of ovs-vswitchd.conf.db(5), verbatim. */
  readonly error: string;
}

export interface OvsErrorFields {
  readonly code: OvsErrorCode;
  /** What was being done, for example `attach 3 ports`. */
  readonly action: string;
  /** What went wrong, in plain words. */
  readonly detail: string;
  /** The `error` of an OVSDB result (RFC 7047, section 3.1), verbatim; null if the driver itself refused. */
  readonly ovsError?: string | null;
  /** The `details` of the same result. */
  readonly ovsDetails?: string | null;
  /** Of a batch, those that failed; the others are made. */
  readonly failures?: readonly PortFailure[];
}

/** A refusal by Open vSwitch or by the driver. `message` is `action: detail`, followed by the words of Open vSwitch. */
export class OvsError extends Error {
  override readonly name = 'OvsError';
  readonly code: OvsErrorCode;
  readonly action: string;
  readonly detail: string;
  readonly ovsError: string | null;
  readonly ovsDetails: string | null;
  readonly failures: readonly PortFailure[];

  constructor(fields: OvsErrorFields) {
    super(sentence(fields));
    this.code = fields.code;
    this.action = fields.action;
    this.detail = fields.detail;
    this.ovsError = fields.ovsError ?? null;
    this.ovsDetails = fields.ovsDetails ?? null;
    this.failures = fields.failures ?? [];
  }

  /** Whether the same call may succeed a moment later. */
  get transient(): boolean {
    return this.code === 'away' || this.code === 'busy' || this.code === 'expired';
  }
}

/** A refusal by the driver itself. */
export function refusal(code: OvsErrorCode, action: string, detail: string): OvsError {
  return new OvsError({ code, action, detail });
}

/** The message of whatever was thrown. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function sentence({ action, detail, ovsError = null, ovsDetails = null }: OvsErrorFields): string {
  const words = `${action}: ${detail}`;
  if (ovsError === null) return words;
  return `${words} (Open vSwitch says: ${ovsDetails === null ? ovsError : `${ovsError}: ${ovsDetails}`})`;
}
