import type { ProcessType, SettingCommand, SppRequest } from '../../api/spp/commands.ts';
import { type Statement, statement } from '../../database/database.ts';
import type { sppItems } from '../../tables/spp.ts';

type ItemKind = 'component' | 'port' | 'classifier' | 'patch' | 'forwarding';

interface ItemKey {
  readonly kind: ItemKind;
  readonly name: string;
}

/** The key of a command on a process: setting it again replaces the earlier one. */
export function itemKey(command: SettingCommand): ItemKey {
  switch (command.kind) {
    case 'start-component':
      return { kind: 'component', name: command.name };
    case 'attach-port':
      return { kind: 'port', name: `${command.component} ${command.direction} ${command.port}` };
    case 'add-classifier':
      return { kind: 'classifier', name: `${command.vlanId ?? ''} ${command.mac} ${command.port}` };
    case 'add-port':
    case 'add-pipe':
      return { kind: 'port', name: command.port };
    case 'patch':
      return { kind: 'patch', name: command.source };
    case 'forward':
    case 'start-capture':
      return { kind: 'forwarding', name: '' };
  }
}

const set = `
  INSERT INTO spp_items (hypervisor, process, type, kind, name, spec, state, error, operation)
  VALUES (:hypervisor, :process, :type, :kind, :name, :spec, 'set', NULL, :sequence)
  ON CONFLICT (hypervisor, process, kind, name) DO UPDATE
  SET type = excluded.type, spec = excluded.spec, state = 'set', error = NULL, operation = excluded.operation`;

const ofProcess = `DELETE FROM spp_items WHERE hypervisor = :hypervisor AND process = :process AND (:taken OR state = 'refused')`;
const removeOne = `${ofProcess} AND kind = :kind AND name = :name`;

/** Classifiers of its ports first, then its ports, then the component. */
const removeComponent = [
  `${ofProcess} AND kind = 'classifier' AND spec ->> '$.port' IN (
     SELECT p.spec ->> '$.port' FROM spp_items p
     WHERE p.hypervisor = :hypervisor AND p.process = :process AND p.kind = 'port' AND p.spec ->> '$.component' = :name)`,
  `${ofProcess} AND kind = 'port' AND spec ->> '$.component' = :name`,
  removeOne,
];

const removePort = [
  `${ofProcess} AND kind = 'patch' AND :name IN (spec ->> '$.source', spec ->> '$.destination')`,
  removeOne,
];

/**
 * Updates the commands to be set on the process when it reconnects. A removal that the process did not accept (`taken`
 * is false) still deletes items that the process refused before, and which it therefore cannot remove.
 */
export function keepItems(
  hypervisor: string,
  sequence: number,
  { process, type, command }: SppRequest,
  taken: boolean,
): Statement[] {
  const args = { hypervisor, process, type, sequence, taken: taken ? 1 : 0 };
  const remove = (key: ItemKey) => [statement(removeOne, { ...args, ...key })];
  switch (command.kind) {
    case 'stop-component':
      return removeComponent.map((sql) => statement(sql, { ...args, kind: 'component', name: command.name }));
    case 'detach-port':
      return remove(itemKey({ ...command, kind: 'attach-port' }));
    case 'remove-classifier':
      return remove(itemKey({ ...command, kind: 'add-classifier' }));
    case 'remove-port':
      return removePort.map((sql) => statement(sql, { ...args, kind: 'port', name: command.port }));
    case 'drop-patch':
      return remove({ kind: 'patch', name: command.source });
    case 'reset-patches':
      return [statement(`${ofProcess} AND kind = 'patch'`, args)];
    case 'stop':
    case 'stop-capture':
      return remove({ kind: 'forwarding', name: '' });
    case 'exit':
      return [statement(ofProcess, args)];
    case 'clear':
      return [];
    default:
      return taken ? [statement(set, { ...args, ...itemKey(command), spec: JSON.stringify(command) })] : [];
  }
}

const refuse = `
  UPDATE spp_items SET state = 'refused', error = x.value ->> 'error'
  FROM json_each(:refused) x
  WHERE hypervisor = :hypervisor AND process = :process AND kind = x.value ->> 'kind' AND name = x.value ->> 'name'`;

/**
 * Commands that the process refused in a replay are not replayed again; the error is null for those that it accepted.
 */
export function refuseItems(
  hypervisor: string,
  process: number,
  tried: readonly (readonly [SettingCommand, string | null])[],
): Statement[] {
  const rows = tried.flatMap(([command, error]) => (error === null ? [] : [{ ...itemKey(command), error }]));
  if (rows.length === 0) return [];
  return [statement(refuse, { hypervisor, process, refused: JSON.stringify(rows) })];
}

export interface ItemRow extends Readonly<Pick<typeof sppItems.$inferSelect, 'process' | 'spec'>> {
  readonly type: ProcessType;
}

const selectItems = `
  SELECT process, type, spec FROM spp_items
  WHERE hypervisor = :hypervisor AND state = 'set' AND (:processes IS NULL OR process IN (SELECT value FROM json_each(:processes)))
  ORDER BY operation`;

/** The commands to be set on these processes, or on all of them. */
export function selectSetItems(hypervisor: string, processes: readonly number[] | null): Statement<ItemRow> {
  return statement<ItemRow>(selectItems, {
    hypervisor,
    processes: processes === null ? null : JSON.stringify(processes),
  });
}
