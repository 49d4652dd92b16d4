import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive, lastSeen } from '../../../schema/statements/alive.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import type { Target } from '../../operations/targets/target.ts';
import { fromContainer, unknownContainer } from './container.ts';

/* What all questions have in common that only the host of a container can answer. */

interface NamesContainer extends CommandContext {
  readonly request: { readonly contID: string };
}

/** How long a call may wait for its executor, in milliseconds: nobody expects the answer later. */
export const BEGINS_WITHIN_MS = 15_000;

/** Not the container itself: the pauses between its repairs follow from the operations of that resource. */
export function callResource(kind: 'commands' | 'logs') {
  return { onHost: ({ request }: NamesContainer) => `/${kind}/${request.contID}` };
}

export const callArguments = ({ request }: NamesContainer) => ({ container: request.contID });

/** A call that has not begun by then never does. */
export const beginsSoon = `UPDATE operations SET deadline_ms = created_ms + ${BEGINS_WITHIN_MS} WHERE id = :operation`;

/** The container exists, and its host can be asked now. */
export const callGuards: readonly Guard<NamesContainer>[] = [
  {
    id: 'unknown_container',
    holds: `EXISTS (SELECT 1 ${fromContainer} AND c.desired = 'present')`,
    problem: (input) => unknownContainer(namedHost(input), input.request.contID),
  },
  {
    id: 'unable',
    holds: `(
      SELECT ${alive('h')} AND coalesce(h.capabilities ->> '$.containers.available', 0) FROM hypervisors h WHERE h.id = ${hypervisor})`,
    problem: ({ database }, target) => unable(database, target),
  },
];

interface HostRow {
  readonly name: string;
  readonly alive: number;
  readonly silent_ms: number | null;
  readonly away: number | null;
  readonly reason: string | null;
}

const selectHost = (target: string) => `
  SELECT h.name, ${alive('h')} AS alive, ${now} - h.last_seen_ms AS silent_ms,
    h.capabilities ->> '$.containers.away' AS away, h.capabilities ->> '$.containers.reason' AS reason
  FROM hypervisors h WHERE h.id = ${target}`;

/** Why the host cannot be asked: a 503 if it may be able to soon. */
async function unable(database: Database, { sql, args }: Target): Promise<Problem> {
  const [[host]] = await database.read([statement<HostRow>(selectHost(sql), args)]);
  const name = host?.name ?? 'The hypervisor';
  if (host?.alive !== 1) {
    return new Problem(
      'unavailable',
      `${name} cannot be asked: its executor was ${lastSeen(host?.silent_ms ?? null)}`,
      {
        hint: 'The container may be running all the same; ask again when the executor is back',
      },
    );
  }
  const reason = host.reason ?? 'it has just changed; ask again';
  const code = host.away === 1 || host.reason === null ? 'unavailable' : 'impossible';
  return new Problem(code, `${name} cannot run processes of containers now: ${reason}`);
}
