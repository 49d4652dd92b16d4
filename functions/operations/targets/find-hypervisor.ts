import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { type Database, statement } from '../../../schema/database/database.ts';

interface FoundHypervisor {
  readonly id: string;
  readonly name: string;
  readonly held: string | null;
}

const selectHypervisor = 'SELECT id, name, held FROM hypervisors WHERE id = lower(:hypervisor) OR name = :hypervisor';

/** The hypervisor that a path names by UUID or name. Throws {@link unknownHypervisor}. */
export async function findHypervisor(database: Database, hypervisor: string): Promise<FoundHypervisor> {
  const [rows] = await database.read([statement<FoundHypervisor>(selectHypervisor, { hypervisor })]);
  const found = rows[0];
  if (found) return found;
  throw unknownHypervisor(hypervisor);
}
