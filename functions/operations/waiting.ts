import * as v from 'valibot';
import { capabilitiesSchema } from '../../schema/api/capabilities.ts';
import { isSilent, lastSeen } from '../../schema/statements/alive.ts';
import { technologyOf } from '../../schema/statements/technologies.ts';
import type { AcceptedOperation, OperationRow } from './operation.ts';

type Accepted = Pick<AcceptedOperation, 'status' | 'hypervisor' | 'silent_ms'>;

/** Whether its executor is away, so that waiting is useless. One without a hypervisor has parts on several. */
export function isExecutorSilent({ status, hypervisor, silent_ms }: Accepted): boolean {
  return status === 'pending' && hypervisor !== null && isSilent(silent_ms);
}

type Waiting = Accepted & Pick<OperationRow, 'kind' | 'hypervisor_name' | 'capabilities'>;

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
