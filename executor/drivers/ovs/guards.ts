import { LABEL_KEY } from './cache.ts';
import type { Found, FoundPort } from './lookup.ts';
import type { PortProof } from './requests.ts';
import type { BridgeRow } from './rows.ts';
import type { Condition, Operation, TableName } from './transaction.ts';
import { mapOf, setOf, uuid } from './values.ts';

/* Operations that make a transaction fail if a row is not any more what the plan has been made for. */

export function isRow(id: string): readonly Condition[] {
  return [['_uuid', '==', uuid(id)]];
}

/** A bridge that somebody replaces by one of the same name is another row. */
export function bridgeExists({ id, row }: Found<BridgeRow>): Operation {
  return exists('Bridge', isRow(id), row.name);
}

export function bridgeIsLabelled({ id, row }: Found<BridgeRow>, label: string): Operation {
  return exists('Bridge', [...isRow(id), labelIs(label)], row.name);
}

/** No other ports have been added. */
export function bridgeHasPorts({ id, row }: Found<BridgeRow>): Operation {
  const rows = [{ ports: setOf(...row.ports.map(uuid)) }];
  return { op: 'wait', timeout: 0, table: 'Bridge', where: isRow(id), columns: ['ports'], until: '==', rows };
}

export function portIsOf(port: FoundPort, proof: PortProof): Operation {
  if ('label' in proof) return exists('Port', [...isRow(port.id), labelIs(proof.label)], port.row.name);
  const [only] = port.interfaces;
  const condition: Condition = ['external_ids', 'includes', mapOf({ 'vm-id': proof.vmId })];
  return exists('Interface', [...isRow(only?.id ?? port.id), condition], port.row.name);
}

function labelIs(label: string): Condition {
  return ['external_ids', 'includes', mapOf({ [LABEL_KEY]: label })];
}

function exists(table: TableName, where: readonly Condition[], name: string): Operation {
  return { op: 'wait', timeout: 0, table, where, columns: ['name'], until: '==', rows: [{ name }] };
}
