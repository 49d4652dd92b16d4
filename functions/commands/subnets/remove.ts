import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision } from '../../operations/conflict.ts';
import { guard } from '../../operations/guard.ts';
import type { Intent } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { pluralize } from '../pluralize.ts';
import { type ReadSubnet, unknownSubnet } from './read.ts';
import { ofSubnet } from './record.ts';

/** Forgets a subnet that nobody uses. */
export function removeSubnet({ principal }: CommandContext, read: ReadSubnet, revision: number | null): Intent {
  const operation = newId();
  const { body: was } = read;
  const args = { id: was.id };
  return {
    operation,
    statements: [
      ofSubnet(operation, 'subnet.delete', was.id, principal, args, { was }),
      ...guardRevision('subnets', was.id, revision, () => unknownSubnet(was.id)),
      guard('in_use', `(${users}) = 0`, args, (database) => inUse(database, was.id)),
      statement('DELETE FROM subnets WHERE id = :id', args),
    ],
  };
}

const users = `
  SELECT (SELECT count(*) FROM subnet_interfaces WHERE subnet = :id) + (SELECT reserved FROM subnets WHERE id = :id)`;

async function inUse(database: Database, id: string): Promise<Problem> {
  const [rows] = await database.read([
    statement<{ hypervisors: string; addresses: number }>(
      `SELECT (SELECT json_group_array(h.name) FROM subnet_interfaces i JOIN hypervisors h ON h.id = i.hypervisor WHERE i.subnet = :id) AS hypervisors,
         (SELECT reserved FROM subnets WHERE id = :id) AS addresses`,
      { id },
    ),
  ]);
  const hypervisors: string[] = JSON.parse(rows[0]?.hypervisors ?? '[]');
  const addresses = rows[0]?.addresses ?? 0;
  const uses = [
    ...(hypervisors.length > 0 ? [`${hypervisors.join(', ')} ${hypervisors.length === 1 ? 'is' : 'are'} in it`] : []),
    ...(addresses > 0 ? [`it has ${pluralize(addresses, 'reserved address', 'reserved addresses')}`] : []),
  ];
  return new Problem('conflict', `Subnet ${id} is in use: ${uses.join(', ')}`, {
    hint: 'DELETE /hypervisors/{id}/subnets/{subnetID} and /subnets/{id}/addresses/{address} first',
  });
}
