import type { LibvirtCaller } from '../connection.ts';
import { ERROR_NUMBER, hasNumber, LibvirtError } from '../errors.ts';
import type { Procedure } from '../protocol/procedure.ts';
import { type NonnullDomain, procedures } from '../protocol/remote.ts';
import { domainOf, type Reference } from '../reference.ts';
import { readState } from './read.ts';
import type { DomainState } from './words.ts';

/** VIR_DOMAIN_DEFINE_VALIDATE. */
const DEFINE_VALIDATE = 1;

/** virDomainUndefineFlagsValues: the managed save, the metadata of snapshots and of checkpoints, the NVRAM. */
const UNDEFINE_ALL = 1 | 2 | 4 | 16;

/** `exists` if the name or the UUID belongs to another domain; libvirt has one number for that and for other failures. */
export async function defineDomain(
  caller: LibvirtCaller,
  domain: Reference,
  xml: string,
  deadlineMs: number,
): Promise<void> {
  try {
    await caller.call(procedures.domainDefineXmlFlags, { xml, flags: DEFINE_VALIDATE }, deadlineMs);
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.operationFailed) && (await isTaken(caller, domain, deadlineMs))) {
      throw new LibvirtError({ ...error.toFields(), code: 'exists' });
    }
    throw error;
  }
}

/** Whether one of the two belongs to a domain that has the other not. */
async function isTaken(caller: LibvirtCaller, { uuid, name }: Reference, deadlineMs: number): Promise<boolean> {
  const { domains } = await caller.call(procedures.connectListAllDomains, { needResults: 1, flags: 0 }, deadlineMs);
  return domains.some((each) => (each.uuid === uuid) !== (each.name === name));
}

/** Succeeds if there is none, or if it has no definition that outlives it. */
export async function undefineDomain(caller: LibvirtCaller, domain: Reference, deadlineMs: number): Promise<void> {
  const dom = domainOf(domain);
  try {
    await caller.call(procedures.domainUndefineFlags, { dom, flags: UNDEFINE_ALL }, deadlineMs);
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.noDomain)) return;
    if (!hasNumber(error, ERROR_NUMBER.operationInvalid)) throw error;
    const { persistent } = await caller.call(procedures.domainIsPersistent, { dom }, deadlineMs);
    if (persistent === 1) throw error;
  }
}

/** Something that brings a domain into a state. */
interface Transition {
  readonly call: (caller: LibvirtCaller, dom: NonnullDomain, deadlineMs: number) => Promise<unknown>;
  /** States in which it has nothing to do: libvirt refuses it there. */
  readonly done: readonly DomainState[];
  /** That there is no such domain is what is wanted, too. */
  readonly mayBeMissing?: boolean;
}

export const TRANSITIONS = {
  start: {
    call: withFlags(procedures.domainCreateWithFlags),
    done: ['running', 'idle', 'paused', 'in shutdown', 'pmsuspended'],
  },
  shutdown: { call: withFlags(procedures.domainShutdownFlags), done: ['shut off', 'crashed'] },
  reboot: { call: withFlags(procedures.domainReboot), done: [] },
  reset: { call: withFlags(procedures.domainReset), done: [] },
  // libvirt accepts it of one that is paused.
  suspend: { call: withoutFlags(procedures.domainSuspend), done: [] },
  resume: { call: withoutFlags(procedures.domainResume), done: ['running', 'idle'] },
  destroy: { call: withFlags(procedures.domainDestroyFlags), done: ['shut off', 'crashed'], mayBeMissing: true },
} as const satisfies Record<string, Transition>;

/** Succeeds if libvirt refuses it because of the state, and the state is then one in which there is nothing to do. */
export async function changeState(
  caller: LibvirtCaller,
  domain: Reference,
  { call, done, mayBeMissing = false }: Transition,
  deadlineMs: number,
): Promise<void> {
  try {
    await call(caller, domainOf(domain), deadlineMs);
  } catch (error) {
    if (mayBeMissing && hasNumber(error, ERROR_NUMBER.noDomain)) return;
    if (!hasNumber(error, ERROR_NUMBER.operationInvalid)) throw error;
    const { state } = await readState(caller, domain, deadlineMs);
    if (!done.includes(state)) throw error;
  }
}

function withFlags(
  procedure: Procedure<{ readonly dom: NonnullDomain; readonly flags: number }, unknown>,
): Transition['call'] {
  return (caller, dom, deadlineMs) => caller.call(procedure, { dom, flags: 0 }, deadlineMs);
}

function withoutFlags(procedure: Procedure<{ readonly dom: NonnullDomain }, unknown>): Transition['call'] {
  return (caller, dom, deadlineMs) => caller.call(procedure, { dom }, deadlineMs);
}
