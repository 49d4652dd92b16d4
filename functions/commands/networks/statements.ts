import { now } from '../../../schema/database/database.ts';
import { hypervisor, operationSequence, partColumns, partValues } from '../../operations/operation-statements.ts';
import type { NetworkKind } from './network-kind.ts';
import { networksCalled, type Scope } from './places.ts';

/*
 * New containers and CENs, their names on the host, and parts of an operation, over {@link networkArguments}. All
 * statements work on lists: a thousand containers take as many statements as one does.
 */

/** A row that is to be deleted and is requested again stays: the removal then finds that it is desired. */
export const declareContainers = `
  INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
  SELECT value ->> 'id', ${hypervisor}, value ->> 'name', json_object('explicit', json('false'), 'tag', NULL),
    CASE WHEN :declared THEN '{"namespace":false}' END, 1, 'present', 'declared', ${now}, ${now}, value ->> 'short'
  FROM json_each(:containers) WHERE true
  ON CONFLICT (hypervisor, name) DO UPDATE SET desired = 'present', spec = excluded.spec, generation = generation + 1
  WHERE desired = 'absent'`;

export const declareCens = `
  INSERT INTO cens (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, link_name)
  SELECT value ->> 'id', ${hypervisor}, value ->> 'name', '{"made":false}', CASE WHEN :declared THEN '{"made":false}' END, 1, 'present', 'pending',
    ${now}, ${now}, value ->> 'link'
  FROM json_each(:cens) WHERE true
  ON CONFLICT (hypervisor, name) DO UPDATE SET desired = 'present', generation = generation + 1
  WHERE desired = 'absent'`;

/** A name that another object of weft has aborts the batch. */
export const allocateNamespaces = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT c.hypervisor, 'namespace', c.name, c.id
  FROM json_each(:containers) j
  CROSS JOIN containers c ON c.hypervisor = ${hypervisor} AND c.name = j.value ->> 'name'
  WHERE NOT EXISTS (SELECT 1 FROM host_names WHERE hypervisor = c.hypervisor AND kind = 'namespace' AND name = c.name AND owner = c.id)`;

export const allocateBridges = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT n.hypervisor, 'link', n.link_name, n.id
  FROM json_each(:cens) j
  CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  WHERE NOT EXISTS (SELECT 1 FROM host_names WHERE hypervisor = n.hypervisor AND kind = 'link' AND name = n.link_name AND owner = n.id)`;

/**
 * Inserts a part of the operation, of the same kind, for each network of the request that `condition` selects over its
 * row.
 */
export function insertParts(kind: NetworkKind, condition: string): string {
  const { table, row } = kind;
  return `${insertPart(kind)}
    FROM json_each(:${table}) j
    CROSS JOIN ${table} ${row} ON ${row}.hypervisor = ${hypervisor} AND ${row}.name = j.value ->> 'name'
    CROSS JOIN operations p ON p.id = :operation
    WHERE ${condition}
    ORDER BY j.key`;
}

/** Like {@link insertParts}, for all networks, each on its own hypervisor. */
export function insertPartsIn(kind: NetworkKind, scope: Scope): string {
  return `${insertPart(kind)}
    FROM json_each(:${kind.table}) j CROSS JOIN ${networksCalled(kind, "j.value ->> 'name'", scope)}
    CROSS JOIN operations p ON p.id = :operation
    ORDER BY j.key`;
}

function insertPart({ row, subject, id }: NetworkKind): string {
  return `
    INSERT INTO operations (id, kind, resource, request, total, ${partColumns})
    SELECT j.value ->> 'part', p.kind, ${subject}, json_object('${id}', ${row}.name), 0, ${partValues(row)}`;
}

/** An operation with parts ends with the last of them; one without parts has succeeded when it is recorded. */
export const finishWithoutParts = `
  UPDATE operations SET status = 'succeeded', finished_ms = ${now}
  WHERE id = :operation AND NOT EXISTS (SELECT 1 FROM operations c WHERE c.parent = ${operationSequence})`;
