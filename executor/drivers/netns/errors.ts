import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { limitText } from './limits.ts';

export type NetnsErrorCode =
  | 'exists'
  | 'missing'
  | 'foreign'
  | 'denied'
  | 'busy'
  | 'invalid'
  | 'unsupported'
  /** A limit of the kernel or of the process is reached; `detail` names it. */
  | 'limit'
  /** The permission to change anything expired before the call was executed. */
  | 'expired'
  /** The driver's thread has crashed and is started again: whether the call was executed is unknown. */
  | 'away'
  | 'kernel';

/** The fields of a NetnsError, and the form in which it is sent through a MessagePort. */
export interface NetnsErrorFields {
  code: NetnsErrorCode;
  /** What was being done, for example `create veth c1.0o`. */
  action: string;
  /** What went wrong, in plain words. */
  detail: string;
  /** Name of the kernel's error (`EEXIST`), or null if the driver itself refused. */
  errno: string | null;
  /** The kernel's extended acknowledgement (NLMSGERR_ATTR_MSG), verbatim. */
  kernelText: string | null;
  /** Whether the same call may succeed a moment later; by default derived from the error number. */
  transient?: boolean;
}

/** Files are closed all the time, so that EMFILE and ENFILE are temporary; other limits are not. */
const TRANSIENT_ERRNOS: ReadonlySet<string> = new Set([
  ...['EBUSY', 'EAGAIN', 'EINTR', 'ENOBUFS', 'ENOMEM', 'EMFILE', 'ENFILE'],
]);

/** A refusal by the kernel or by the driver. `message` is `action: detail`, followed by the kernel's own words. */
export class NetnsError extends Error {
  override readonly name = 'NetnsError';
  readonly code: NetnsErrorCode;
  readonly action: string;
  readonly detail: string;
  readonly errno: string | null;
  readonly kernelText: string | null;
  /** Whether the same call may succeed a moment later. */
  readonly transient: boolean;

  constructor(fields: NetnsErrorFields) {
    super(sentence(fields));
    this.code = fields.code;
    this.action = fields.action;
    this.detail = fields.detail;
    this.errno = fields.errno;
    this.kernelText = fields.kernelText;
    this.transient = fields.transient ?? isTransient(fields);
  }

  /** A plain value that can be posted; `new NetnsError(fields)` on the other side gives the same error. */
  toFields(): NetnsErrorFields {
    const { code, action, detail, errno, kernelText, transient } = this;
    return { code, action, detail, errno, kernelText, transient };
  }
}

function isTransient({ code, errno }: NetnsErrorFields): boolean {
  return code === 'expired' || code === 'away' || (errno !== null && TRANSIENT_ERRNOS.has(errno));
}

function sentence({ action, detail, errno, kernelText }: NetnsErrorFields): string {
  const words = `${action}: ${detail}`;
  if (errno === null) return words;
  return kernelText === null ? `${words} (${errno})` : `${words} (${errno}; the kernel says: ${kernelText})`;
}

/** A refusal by the driver itself, before or instead of a system call. */
export function refusal(code: NetnsErrorCode, action: string, detail: string): NetnsError {
  return new NetnsError({ code, action, detail, errno: null, kernelText: null });
}

/**
 * The error for a failed system call or netlink request.
 *
 * @param errno positive error number
 * @param detail plain words that name the object; by default the usual text of the number
 */
export function systemError(
  errno: number,
  action: string,
  detail = errnoText(errno),
  kernelText: string | null = null,
): NetnsError {
  const name = errnoName(errno);
  return new NetnsError({ code: codeOf(name), action, detail, errno: name, kernelText });
}

/** Wraps whatever was thrown: errors of `node:fs` keep their errno, a NetnsError stays as it is. */
export function asNetnsError(cause: unknown, action: string): NetnsError {
  if (cause instanceof NetnsError) return cause;
  if (cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number') {
    const errno = Math.abs(cause.errno);
    return systemError(errno, action, limitText(errnoName(errno)) ?? cause.message);
  }
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new NetnsError({ code: 'kernel', action, detail, errno: null, kernelText: null });
}

/** Errors of `node:fs` by name: `isFileError(error, 'ENOENT')`. */
export function isFileError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && names.includes(error.code);
}

/** <errno.h>; Node does not know it. */
const EXFULL = 54;

const ERRNO_NAMES = namesByNumber();

function namesByNumber(): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(constants.errno)) names.set(number, name);
  names.set(constants.errno.EAGAIN, 'EAGAIN');
  names.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP');
  names.set(EXFULL, 'EXFULL');
  return names;
}

/** `EEXIST` for 17; `errno 999` for a number without a name. */
export function errnoName(errno: number): string {
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

function errnoText(errno: number): string {
  const limit = limitText(errnoName(errno));
  if (limit !== undefined) return limit;
  return getSystemErrorMap().get(-errno)?.[1] ?? `the kernel refused with error ${errno}`;
}

function codeOf(name: string): NetnsErrorCode {
  switch (name) {
    case 'EEXIST':
      return 'exists';
    case 'ENODEV':
    case 'ENOENT':
    case 'ENXIO':
    case 'ESRCH':
    // There is no way to a gateway, or not at the moment.
    case 'ENETUNREACH':
    case 'ENETDOWN':
      return 'missing';
    case 'EPERM':
    case 'EACCES':
    case 'EROFS':
      return 'denied';
    case 'EBUSY':
    case 'EAGAIN':
      return 'busy';
    case 'EINVAL':
    case 'ERANGE':
    case 'ENAMETOOLONG':
    case 'EADDRNOTAVAIL':
      return 'invalid';
    case 'ENOSPC':
    case 'EXFULL':
    case 'EMFILE':
    case 'ENFILE':
    case 'EDQUOT':
      return 'limit';
    case 'EOPNOTSUPP':
    case 'ENOSYS':
    case 'EAFNOSUPPORT':
    case 'EPROTONOSUPPORT':
      return 'unsupported';
    default:
      return 'kernel';
  }
}
