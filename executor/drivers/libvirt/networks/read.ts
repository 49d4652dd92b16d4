import type { LibvirtCaller } from '../connection.ts';
import { ERROR_NUMBER, hasNumber } from '../errors.ts';
import { type NonnullNetwork, procedures } from '../protocol/remote.ts';
import type { Reference } from '../reference.ts';

export interface NetworkDescription extends Reference {
  readonly active: boolean;
  readonly persistent: boolean;
  /** libvirtd starts it when libvirtd is started. */
  readonly autostart: boolean;
  /** The bridge of the host; null: it has none, as networks that are forwarded by macvtap. */
  readonly bridge: string | null;
  /** Its definition, with which it is started the next time; of one that is not persistent: the current one. */
  readonly xml: string;
}

/** virConnectListAllNetworksFlags. */
const FILTER = { none: 0, active: 1 << 1, persistent: 1 << 2, autostart: 1 << 4 } as const;

/** VIR_NETWORK_XML_INACTIVE. */
const XML_INACTIVE = 1;

/** Four calls for all, and two for each network, which are sent without waiting for one another. */
export async function listNetworks(caller: LibvirtCaller, deadlineMs: number): Promise<NetworkDescription[]> {
  const list = async (flags: number): Promise<readonly NonnullNetwork[]> =>
    (await caller.call(procedures.connectListAllNetworks, { needResults: 1, flags }, deadlineMs)).nets;
  const uuids = async (flags: number) => new Set((await list(flags)).map(({ uuid }) => uuid));
  const [networks, active, persistent, autostart] = await Promise.all([
    list(FILTER.none),
    uuids(FILTER.active),
    uuids(FILTER.persistent),
    uuids(FILTER.autostart),
  ]);
  const described = await Promise.all(
    networks.map(async (net) => {
      const [bridge, xml] = await Promise.all([
        readBridge(caller, net, deadlineMs),
        readXml(caller, net, persistent.has(net.uuid), deadlineMs),
      ]);
      const flags = {
        ...{ active: active.has(net.uuid), persistent: persistent.has(net.uuid), autostart: autostart.has(net.uuid) },
      };
      return xml === null ? null : { ...net, ...flags, bridge, xml };
    }),
  );
  return described.filter((network) => network !== null);
}

/** libvirt has no number of its own for a network without a bridge: it is an internal error. */
async function readBridge(caller: LibvirtCaller, net: NonnullNetwork, deadlineMs: number): Promise<string | null> {
  try {
    return (await caller.call(procedures.networkGetBridgeName, { net }, deadlineMs)).name;
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.internalError, ERROR_NUMBER.noNetwork)) return null;
    throw error;
  }
}

/** Null: it has been removed meanwhile. */
async function readXml(
  caller: LibvirtCaller,
  net: NonnullNetwork,
  persistent: boolean,
  deadlineMs: number,
): Promise<string | null> {
  const read = async (flags: number) =>
    (await caller.call(procedures.networkGetXmlDesc, { net, flags }, deadlineMs)).xml;
  try {
    return await (persistent ? read(XML_INACTIVE).catch(unlessFlags(() => read(0))) : read(0));
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.noNetwork)) return null;
    throw error;
  }
}

/** libvirt's test driver knows one definition of a network, and refuses flags. */
function unlessFlags<Result>(otherwise: () => Promise<Result>): (error: unknown) => Promise<Result> {
  return (error) => {
    if (hasNumber(error, ERROR_NUMBER.invalidArgument)) return otherwise();
    throw error;
  };
}
