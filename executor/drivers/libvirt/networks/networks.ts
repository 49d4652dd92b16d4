import type { LibvirtCaller, Sessions } from '../connection.ts';
import type { Deadlines } from '../deadlines.ts';
import { ERROR_NUMBER, hasNumber, LibvirtError } from '../errors.ts';
import { type NonnullNetwork, procedures } from '../protocol/remote.ts';
import { networkOf, type Reference } from '../reference.ts';
import { listNetworks, type NetworkDescription } from './read.ts';

/** Networks of the hypervisor. Methods are rejected with a LibvirtError, as those of `Domains`. */
export interface Networks {
  /** All of them, active or not. One that is removed meanwhile is left out. */
  list(): Promise<NetworkDescription[]>;
  /**
   * Defines it, or replaces the definition with which it is started the next time. The XML names the same UUID and the
   * same name.
   *
   * @throws LibvirtError `exists`: the name or the UUID belongs to another network; `invalid`, `unsupported`: the XML
   */
  define(network: Reference, xml: string): Promise<void>;
  /** Starts it; succeeds if it is active. */
  start(network: Reference): Promise<void>;
  /** Stops it; succeeds if it is not active, or if there is none. Guests keep their interfaces. */
  destroy(network: Reference): Promise<void>;
  /** Removes its definition; succeeds if there is none. One that is active is gone when it is stopped. */
  undefine(network: Reference): Promise<void>;
  setAutostart(network: Reference, autostart: boolean): Promise<void>;
}

export function networksOf({ reading, changing }: Sessions, { readMs, changeMs }: Deadlines): Networks {
  return {
    list: () => listNetworks(reading, readMs),
    async define(network, xml) {
      try {
        await changing.call(procedures.networkDefineXml, { xml }, changeMs);
      } catch (error) {
        if (hasNumber(error, ERROR_NUMBER.operationFailed) && (await isTaken(reading, network, readMs))) {
          throw new LibvirtError({ ...error.toFields(), code: 'exists' });
        }
        throw error;
      }
    },
    start: (network) =>
      succeedIf(changing.call(procedures.networkCreate, { net: networkOf(network) }, changeMs), () =>
        isActive(reading, networkOf(network), readMs),
      ),
    destroy: (network) =>
      removed(changing.call(procedures.networkDestroy, { net: networkOf(network) }, changeMs), async () => {
        return !(await isActive(reading, networkOf(network), readMs));
      }),
    undefine: (network) =>
      removed(changing.call(procedures.networkUndefine, { net: networkOf(network) }, changeMs), async () => {
        return !(await isPersistent(reading, networkOf(network), readMs));
      }),
    async setAutostart(network, autostart) {
      const values = { net: networkOf(network), autostart: autostart ? 1 : 0 };
      await changing.call(procedures.networkSetAutostart, values, changeMs);
    },
  };
}

/** Whether the name or the UUID belongs to a network that has the other not. */
async function isTaken(caller: LibvirtCaller, { uuid, name }: Reference, deadlineMs: number): Promise<boolean> {
  const { nets } = await caller.call(procedures.connectListAllNetworks, { needResults: 1, flags: 0 }, deadlineMs);
  return nets.some((each) => (each.uuid === uuid) !== (each.name === name));
}

async function isActive(caller: LibvirtCaller, net: NonnullNetwork, deadlineMs: number): Promise<boolean> {
  return (await caller.call(procedures.networkIsActive, { net }, deadlineMs)).active === 1;
}

async function isPersistent(caller: LibvirtCaller, net: NonnullNetwork, deadlineMs: number): Promise<boolean> {
  return (await caller.call(procedures.networkIsPersistent, { net }, deadlineMs)).persistent === 1;
}

/** Succeeds, too, if libvirt refuses it because of the state, and the state is the one that is wanted. */
async function succeedIf(call: Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasNumber(error, ERROR_NUMBER.operationInvalid) || !(await isDone())) throw error;
  }
}

/** Succeeds, too, if there is no such network. */
async function removed(call: Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> {
  try {
    await succeedIf(call, isDone);
  } catch (error) {
    if (!hasNumber(error, ERROR_NUMBER.noNetwork)) throw error;
  }
}
