import type { RemoteError } from './protocol/messages.ts';

export type LibvirtErrorCode =
  | 'missing'
  | 'exists'
  /** What is there with this UUID is not what is meant. */
  | 'foreign'
  | 'invalid'
  /** The domain or network is in a state that does not permit it. */
  | 'state'
  | 'busy'
  | 'denied'
  | 'unsupported'
  /** No answer by the deadline of the call: whether it was executed, or will be, is unknown. */
  | 'timeout'
  /** There is no connection, or it ended before the answer. */
  | 'away'
  /** libvirtd refused for any other reason, which its own text tells. */
  | 'refused'
  /** The answer is not what the protocol says. */
  | 'protocol';

/** The fields of a LibvirtError. */
export interface LibvirtErrorFields {
  readonly code: LibvirtErrorCode;
  /** The procedure that was called, or what else was being done: `domainCreateWithFlags`. */
  readonly action: string;
  /** What went wrong, in plain words. */
  readonly detail: string;
  /** The part of libvirt that refused (virErrorDomain), or null if the driver itself did. */
  readonly domain: number | null;
  /** libvirt's error number (virErrorNumber of <libvirt/virterror.h>). */
  readonly number: number | null;
  /** libvirt's own words, verbatim. */
  readonly text: string | null;
}

const TRANSIENT: ReadonlySet<LibvirtErrorCode> = new Set(['away', 'timeout', 'busy']);

/** A refusal by libvirtd or by the driver. `message` is `action: detail` with libvirt's numbers. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  readonly code: LibvirtErrorCode;
  readonly action: string;
  readonly detail: string;
  readonly domain: number | null;
  readonly number: number | null;
  readonly text: string | null;
  /** Whether the same call may succeed a moment later. */
  readonly transient: boolean;

  constructor(fields: LibvirtErrorFields) {
    super(sentence(fields));
    this.code = fields.code;
    this.action = fields.action;
    this.detail = fields.detail;
    this.domain = fields.domain;
    this.number = fields.number;
    this.text = fields.text;
    this.transient = TRANSIENT.has(fields.code);
  }

  toFields(): LibvirtErrorFields {
    const { code, action, detail, domain, number, text } = this;
    return { code, action, detail, domain, number, text };
  }
}

/** An error of the driver itself, without an answer of libvirtd. */
export function refusal(code: LibvirtErrorCode, action: string, detail: string): LibvirtError {
  return new LibvirtError({ code, action, detail, domain: null, number: null, text: null });
}

/** The error of an answer. */
export function remoteRefusal(action: string, { code, domain, message }: RemoteError): LibvirtError {
  const detail = message ?? `libvirt refused with error ${code}`;
  return new LibvirtError({ code: CODES[code] ?? 'refused', action, detail, domain, number: code, text: message });
}

/** Whether it is a refusal by libvirtd with one of these numbers. */
export function hasNumber(error: unknown, ...numbers: readonly number[]): error is LibvirtError {
  return error instanceof LibvirtError && error.number !== null && numbers.includes(error.number);
}

function sentence({ action, detail, domain, number }: LibvirtErrorFields): string {
  const words = `${action}: ${detail}`;
  return number === null ? words : `${words} (libvirt: error ${number} of domain ${domain})`;
}

/** Numbers of virErrorNumber in <libvirt/virterror.h>. */
export const ERROR_NUMBER = {
  internalError: 1,
  invalidArgument: 8,
  operationFailed: 9,
  noDomain: 42,
  noNetwork: 43,
  noStoragePool: 49,
  noStorageVolume: 50,
  operationInvalid: 55,
  noDomainMetadata: 80,
} as const;

/** By virErrorNumber; any other is `refused`. */
const CODES: Readonly<Record<number, LibvirtErrorCode>> = {
  3: 'unsupported',
  [ERROR_NUMBER.invalidArgument]: 'invalid',
  [ERROR_NUMBER.operationInvalid]: 'state',
  // Malformed XML, and what is wrong with what it says.
  16: 'invalid',
  20: 'invalid',
  21: 'invalid',
  22: 'invalid',
  23: 'invalid',
  27: 'invalid',
  35: 'invalid',
  44: 'invalid',
  82: 'invalid',
  92: 'invalid',
  28: 'exists',
  37: 'exists',
  90: 'exists',
  29: 'denied',
  45: 'denied',
  79: 'denied',
  88: 'denied',
  94: 'denied',
  [ERROR_NUMBER.noDomain]: 'missing',
  [ERROR_NUMBER.noNetwork]: 'missing',
  [ERROR_NUMBER.noStoragePool]: 'missing',
  [ERROR_NUMBER.noStorageVolume]: 'missing',
  53: 'missing',
  72: 'missing',
  [ERROR_NUMBER.noDomainMetadata]: 'missing',
  99: 'missing',
  67: 'unsupported',
  74: 'unsupported',
  84: 'unsupported',
  91: 'unsupported',
  68: 'busy',
  87: 'busy',
};
