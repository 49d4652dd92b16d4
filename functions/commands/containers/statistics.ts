import type { StatisticsBody } from '../../../schema/api/leviathan-statistics.ts';
import { statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { InterfaceReading } from '../../../schema/resources/network/statistics.ts';
import type { containerStats } from '../../../schema/tables/container-stats.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { timestamp } from '../../operations/operation.ts';
import { isNamed } from '../../operations/targets/target.ts';
import { unknownContainer } from './container.ts';

interface ContainerRow {
  readonly name: string;
  readonly host: string;
  /** It is to run a process, or has had one. */
  readonly has_process: number;
}

type ReadingRow = Omit<RowOf<typeof containerStats>, 'hypervisor' | 'container'>;

const fromContainer = `
  FROM hypervisors h CROSS JOIN containers c ON c.hypervisor = h.id AND c.name = :container AND c.desired = 'present'
  WHERE ${isNamed('h')}`;

const selectContainer = `
  SELECT c.name, h.name AS host, c.spec -> '$.process' IS NOT NULL OR c.process IS NOT NULL AS has_process ${fromContainer}`;

/**
 * The last two readings of a container. The passes of its hypervisor are gone through from the newest: of a process that
 * runs the first two have it, and there are 360 at most.
 */
const selectReadings = `
  WITH RECURSIVE passes (hypervisor, container, at_ms) AS (
    SELECT h.id, c.id, (SELECT max(s.at_ms) FROM container_stats s WHERE s.hypervisor = h.id) ${fromContainer}
    UNION ALL
    SELECT hypervisor, container,
      (SELECT max(s.at_ms) FROM container_stats s WHERE s.hypervisor = passes.hypervisor AND s.at_ms < passes.at_ms)
    FROM passes WHERE at_ms IS NOT NULL)
  SELECT s.at_ms, s.started_ms, s.cpu_us, s.memory, s.memory_limit, s.processes, s.interfaces
  FROM passes p CROSS JOIN container_stats s
    ON s.hypervisor = p.hypervisor AND s.at_ms = p.at_ms AND s.container = p.container
  LIMIT 2`;

/** What the processes of a container used when they were last read. Throws a 404, or a 409 if it never has one. */
export async function readStatistics(
  context: Pick<CommandContext, 'database' | 'host'>,
  container: string,
): Promise<StatisticsBody> {
  const host = namedHost(context);
  const args = { host, container };
  const [[found], [last, before]] = await context.database.read([
    statement<ContainerRow>(selectContainer, args),
    statement<ReadingRow>(selectReadings, args),
  ]);
  if (found === undefined) throw unknownContainer(host, container);
  if (found.has_process === 0) throw withoutProcess(found);
  return { contID: found.name, hostID: found.host, ...(last === undefined ? unread : bodyOf(last, before)) };
}

function withoutProcess({ name, host }: ContainerRow): Problem {
  return new Problem('conflict', `Container ${name} has no process, whose use could be told`, {
    hint: `A process comes with an image: PUT /host/${host}/${name} {"image": "NAME"}`,
  });
}

type ReadingBody = Omit<StatisticsBody, 'contID' | 'hostID'>;

const unread: ReadingBody = {
  at: null,
  cpu: { microseconds: null, cores: null },
  memory: { bytes: null, limit: null },
  processes: null,
  interfaces: [],
};

function bodyOf(last: ReadingRow, before: ReadingRow | undefined): ReadingBody {
  return {
    at: timestamp(last.at_ms),
    cpu: { microseconds: last.cpu_us, cores: coresBetween(before, last) },
    memory: { bytes: last.memory, limit: last.memory_limit },
    processes: last.processes,
    interfaces: (JSON.parse(last.interfaces) as InterfaceReading[]).map(interfaceOf),
  };
}

/** Null unless both are of the same run. */
function coresBetween(before: ReadingRow | undefined, last: ReadingRow): number | null {
  if (before === undefined || before.started_ms !== last.started_ms) return null;
  if (before.cpu_us === null || last.cpu_us === null || last.cpu_us < before.cpu_us) return null;
  const microseconds = (last.at_ms - before.at_ms) * 1000;
  return Math.round(((last.cpu_us - before.cpu_us) / microseconds) * 1000) / 1000;
}

function interfaceOf([name, ...numbers]: InterfaceReading): StatisticsBody['interfaces'][number] {
  const [receivedBytes, receivedPackets, receivedErrors, receivedDropped, bytes, packets, errors, dropped] = numbers;
  return {
    name,
    received: { bytes: receivedBytes, packets: receivedPackets, errors: receivedErrors, dropped: receivedDropped },
    sent: { bytes, packets, errors, dropped },
  };
}
