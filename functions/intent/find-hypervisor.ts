import { type Database, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';

export interface FoundHypervisor {
  readonly id: string;
  readonly name: string;
  readonly held: string | null;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const selectHypervisor = 'SELECT id, name, held FROM hypervisors WHERE id = lower(:hypervisor) OR name = :hypervisor';

/** The hypervisor that a path names by UUID or name. Throws {@link unknownHypervisor}. */
export async function findHypervisor(database: Database, hypervisor: string): Promise<FoundHypervisor> {
  const [rows] = await database.read([statement<FoundHypervisor>(selectHypervisor, { hypervisor })]);
  const found = rows[0];
  if (found) return found;
  throw unknownHypervisor(hypervisor);
}

/** A 404 for a UUID nobody has, a 400 for any other word. */
export function unknownHypervisor(hypervisor: string): Problem {
  const isUuid = uuidPattern.test(hypervisor);
  const detail = isUuid ? `there is no hypervisor ${hypervisor}` : 'is neither a UUID nor the name of a hypervisor';
  return new Problem(isUuid ? 'not_found' : 'invalid', isUuid ? detail : 'invalid hypervisor id', {
    errors: [{ parameter: 'id', detail }],
  });
}
