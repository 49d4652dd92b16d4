import { type ContainerBody, containerStates } from '../../../schema/api/leviathan.ts';
import { statement } from '../../../schema/database/database.ts';
import { containerSubject } from '../../../schema/resources/network/rollback.ts';
import type { containers } from '../../../schema/tables/networks.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { isNamed } from '../../operations/targets/target.ts';
import { unknownContainer } from './container.ts';

interface ContainerRow extends Pick<RowOf<typeof containers>, 'name' | 'state'> {
  readonly host: string;
  readonly tag: string | null;
  readonly memory: number | null;
  readonly vcpus: number | null;
  readonly busy: number;
  readonly cens: string;
}

const selectContainers = `
  SELECT c.name, h.name AS host, c.spec ->> '$.tag' AS tag, c.spec ->> '$.memory' AS memory, c.spec ->> '$.vcpus' AS vcpus, c.state,
    EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${containerSubject}) AS busy,
    (SELECT json_group_array(name) FROM (
      SELECT n.name FROM members m CROSS JOIN cens n ON n.id = m.cen
      WHERE m.container = c.id AND m.removed IS NULL ORDER BY m.ordinal)) AS cens
  FROM hypervisors h CROSS JOIN containers c ON c.hypervisor = h.id AND c.name = :container AND c.desired = 'present'
  WHERE ${isNamed('h')}`;

/** A container in leviathan's representation. Throws a 404. */
export async function readContainer(
  context: Pick<CommandContext, 'database' | 'host'>,
  container: string,
): Promise<ContainerBody> {
  const host = namedHost(context);
  const [rows] = await context.database.read([statement<ContainerRow>(selectContainers, { host, container })]);
  const row = rows[0];
  if (row === undefined) throw unknownContainer(host, container);
  return {
    contID: row.name,
    hostID: row.host,
    cens: JSON.parse(row.cens),
    tag: row.tag,
    ...(row.memory === null ? {} : { memory: row.memory }),
    ...(row.vcpus === null ? {} : { vcpus: row.vcpus }),
    ipaddresses: [],
    state: row.busy === 1 ? 'preparing' : (containerStates.find((state) => state === row.state) ?? 'failed'),
  };
}
