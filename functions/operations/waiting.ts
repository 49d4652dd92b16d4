import * as v from 'valibot';
import { capabilitiesSchema } from '../../schema/api/capabilities.ts';
import { isSilent, lastSeen } from '../../schema/statements/alive.ts';
import { technologyOf } from '../../schema/statements/technologies.ts';
import type { AcceptedOperation, OperationRow } from './operation.ts';

/** Whether its executor is away: then waiting is useless. */
export function isExecutorSilent({ status, silent_ms }: Pick<AcceptedOperation, 'status' | 'silent_ms'>): boolean {
  return status === 'pending' && isSilent(silent_ms);
}

type Waiting = Pick<OperationRow, 'status' | 'silent_ms' | 'kind' | 'hypervisor_name' | 'capabilities'>;

/** Why an operation has not begun: its executor, or a technology that it needs, is away. */
export function waitingFor(row: Waiting): string | undefined {
  const host = row.hypervisor_name ?? 'a hypervisor';
  if (isExecutorSilent(row)) return `waiting for ${host}, ${lastSeen(row.silent_ms)}`;
  if (row.status !== 'pending') return undefined;
  const technology = technologyOf(row.kind);
  const away = awayOf(row.capabilities).find(([name]) => name === technology);
  return away && `waiting for ${technology} on ${host}: ${away[1]}`;
}

/** The technologies that were found and do not respond now, each with its reason. */
export function awayOf(capabilities: string | null): [technology: string, reason: string][] {
  if (capabilities === null) return [];
  const read = v.safeParse(capabilitiesSchema, JSON.parse(capabilities));
  if (!read.success) return [];
  return Object.entries(read.output).flatMap(([name, found]) =>
    found.available || found.away !== true ? [] : [[name, found.reason] as [string, string]],
  );
}
