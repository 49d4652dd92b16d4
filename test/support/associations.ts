import { now, statement } from '../../schema/database/database.ts';
import type { Instance } from './instance.ts';
import { until } from './until.ts';

/* Associations of the one hypervisor with subnets, written as the API writes them. */

/** Interfaces by subnet; null: not associated. */
export type Associations = Readonly<Record<string, string | null>>;

const subnetId = (name: string) => `'00000000-0000-4000-8000-' || substr('000000000000' || ${name}, -12)`;
const hypervisor = '(SELECT id FROM hypervisors)';
const resource = `'hypervisors/' || ${hypervisor} || '/bridges'`;

const insertSubnets = `
  INSERT INTO subnets (id, metadata, revision, created_ms)
  SELECT ${subnetId('key')}, '{}', 1, ${now} FROM json_each(:associations) WHERE true ON CONFLICT DO NOTHING`;

const remove = `
  DELETE FROM subnet_interfaces WHERE subnet IN (SELECT ${subnetId('key')} FROM json_each(:associations) WHERE value IS NULL)`;

const change = `
  INSERT INTO subnet_interfaces (hypervisor, subnet, interface, state, created_ms)
  SELECT ${hypervisor}, ${subnetId('key')}, value, 'pending', ${now} FROM json_each(:associations) WHERE value IS NOT NULL
  ON CONFLICT (hypervisor, subnet) DO UPDATE SET interface = excluded.interface, state = 'pending', error = NULL`;

const freeNames = `
  DELETE FROM host_names WHERE owner LIKE 'interfaces/%' AND name NOT IN (SELECT interface FROM subnet_interfaces)`;

const allotNames = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT DISTINCT hypervisor, 'link', interface, 'interfaces/' || hypervisor || '/' || interface FROM subnet_interfaces WHERE true
  ON CONFLICT DO NOTHING`;

const insertOperation = `
  INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total,
    principal, created_ms)
  SELECT :id, ${hypervisor}, 'subnets.change', ${resource}, '{}', 0, 'pending', ${now}, ${now} + 600000, 0, 0,
    (SELECT count(DISTINCT interface) FROM subnet_interfaces), 'test', ${now}`;

const insertSubject = `
  INSERT INTO operation_subjects (subject, sequence) SELECT resource, sequence FROM operations WHERE id = :id`;

/** Writes only the rows, as for a hypervisor whose executor is away. */
export async function writeAssociations(weft: Instance, associations: Associations): Promise<void> {
  await write(weft, associations, null);
}

/** Writes the rows and waits until the executor has applied them, or the process has ended. */
export async function associate(weft: Instance, associations: Associations): Promise<void> {
  const id = crypto.randomUUID();
  await write(weft, associations, id);
  await until('the associations are changed', async () => {
    if (weft.hasEnded) return true;
    const [row] = await weft.sql(`SELECT 1 FROM operations WHERE id = '${id}' AND finished_ms IS NOT NULL`);
    return row !== undefined;
  });
}

async function write(weft: Instance, associations: Associations, id: string | null): Promise<void> {
  const rows = [insertSubnets, remove, change, freeNames, allotNames];
  const args = { associations: JSON.stringify(associations), id };
  const script = id === null ? rows : [...rows, insertOperation, insertSubject];
  await weft.write(script.map((sql) => statement(sql, args)));
}

export interface AssociationState {
  readonly interface: string;
  readonly state: string;
  /** The detail of its problem. */
  readonly error: string | null;
}

/** The state of the rows, by interface. */
export function associationStates(weft: Instance): Promise<AssociationState[]> {
  return weft.sql<AssociationState>(
    "SELECT interface, state, error ->> '$.detail' AS error FROM subnet_interfaces ORDER BY interface, subnet",
  );
}
