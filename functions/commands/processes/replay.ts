import { operationKinds, type SppRequest } from '../../../schema/api/spp/commands.ts';
import type { ReplayHandlers } from '../replay.ts';
import { resendCommand } from './send.ts';

/** Commands to SPP processes as their operations keep them: it was we who wrote them down. */
export const sppReplay: ReplayHandlers = Object.fromEntries(
  Object.values(operationKinds).map((kind) => [kind, (stored) => resendCommand(stored, stored.request as SppRequest)]),
);
