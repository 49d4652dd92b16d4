import { type Cache, LABEL_KEY } from './cache.ts';
import { chooseDatapath, type DatapathFacts } from './datapath.ts';
import { refusal } from './errors.ts';
import { bridgeHasPorts, bridgeIsLabelled, isRow } from './guards.ts';
import { type Found, Lookup } from './lookup.ts';
import { checkLabel, checkMac, checkName } from './names.ts';
import type { BridgeRequest, DeleteBridgeRequest } from './requests.ts';
import type { BridgeRow } from './rows.ts';
import type { Operation } from './transaction.ts';
import { mapOf, namedUuid, setOf, uuid } from './values.ts';
import { labelOf } from './view.ts';

/* What is to be changed so that a bridge is as requested: operations of one transaction, none if it is. */

/** The key in other_config that sets the hardware address. */
const MAC_KEY = 'hwaddr';
/** How many names of ports a message lists. */
const NAMED_PORTS = 3;

/** @throws OvsError `invalid` */
export function checkBridge({ name, label, mac }: BridgeRequest, action: string): void {
  checkName(name, action);
  checkLabel(label, action);
  if (mac !== undefined) checkMac(mac, action);
}

/** @throws OvsError `foreign` */
export function planCreateBridge(
  cache: Cache,
  request: BridgeRequest,
  module: DatapathFacts['module'],
  action: string,
): Operation[] {
  const lookup = new Lookup(cache);
  const found = lookup.bridge(request.name);
  if (found !== null) {
    requireLabel(found, request.label, action);
    return changesOf(found, request);
  }
  if (lookup.port(request.name) !== null || lookup.interface(request.name) !== null) {
    throw refusal('foreign', action, `${request.name} is a port`);
  }
  const root = cache.root;
  const datapath = request.datapath ?? chooseDatapath({ built: root?.row.datapathTypes ?? [], module });
  return [
    ...insertBridge({ ...request, datapath }),
    {
      ...{ op: 'mutate', table: 'Open_vSwitch', where: root === undefined ? [] : isRow(root.id) },
      mutations: [['bridges', 'insert', setOf(namedUuid('bridge'))]],
    },
  ];
}

/** A bridge that is not there is deleted. @throws OvsError `foreign`, also for one that has ports of others */
export function planDeleteBridge(cache: Cache, { name, label }: DeleteBridgeRequest, action: string): Operation[] {
  const found = new Lookup(cache).bridge(name);
  const root = cache.root;
  if (found === null || root === undefined) return [];
  requireLabel(found, label, action);
  const ports = found.row.ports.flatMap((id) => cache.ports.get(id)?.name ?? []).filter((port) => port !== name);
  if (ports.length > 0) {
    const more = ports.length > NAMED_PORTS ? ', …' : '';
    throw refusal('foreign', action, `it has ports: ${ports.sort().slice(0, NAMED_PORTS).join(', ')}${more}`);
  }
  return [
    bridgeIsLabelled(found, label),
    bridgeHasPorts(found),
    {
      ...{ op: 'mutate', table: 'Open_vSwitch', where: isRow(root.id) },
      mutations: [['bridges', 'delete', setOf(uuid(found.id))]],
    },
  ];
}

function insertBridge({ name, label, datapath = 'system', mac }: BridgeRequest): Operation[] {
  return [
    { op: 'insert', table: 'Interface', 'uuid-name': 'interface', row: { name, type: 'internal' } },
    { op: 'insert', table: 'Port', 'uuid-name': 'port', row: { name, interfaces: namedUuid('interface') } },
    {
      ...{ op: 'insert', table: 'Bridge', 'uuid-name': 'bridge' },
      row: {
        ...{ name, ports: namedUuid('port'), datapath_type: datapath, external_ids: mapOf({ [LABEL_KEY]: label }) },
        ...(mac === undefined ? {} : { other_config: mapOf({ [MAC_KEY]: mac }) }),
      },
    },
  ];
}

function changesOf(found: Found<BridgeRow>, { label, datapath, mac }: BridgeRequest): Operation[] {
  const { id, row } = found;
  const guard = bridgeIsLabelled(found, label);
  const changes: Operation[] = [];
  if (datapath !== undefined && datapath !== (row.datapathType === '' ? 'system' : row.datapathType)) {
    changes.push({ op: 'update', table: 'Bridge', where: isRow(id), row: { datapath_type: datapath } });
  }
  if (mac !== undefined && row.otherConfig[MAC_KEY] !== mac) {
    const mutations = [
      ['other_config', 'delete', setOf(MAC_KEY)],
      ['other_config', 'insert', mapOf({ [MAC_KEY]: mac })],
    ] as const;
    changes.push({ op: 'mutate', table: 'Bridge', where: isRow(id), mutations });
  }
  return changes.length === 0 ? [] : [guard, ...changes];
}

/** @throws OvsError `foreign` */
function requireLabel({ row }: Found<BridgeRow>, label: string, action: string): void {
  if (labelOf(row.externalIds) !== label) throw refusal('foreign', action, `bridge ${row.name} is somebody else's`);
}
