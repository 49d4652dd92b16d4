import { operationKinds, type SppRequest } from '../../../schema/api/spp/commands.ts';
import type { Requests } from '../stored.ts';
import { giveAgain } from './give.ts';

/** Commands to SPP processes as their operations keep them: it was we who wrote them down. */
export const sppRequests: Requests = Object.fromEntries(
  Object.values(operationKinds).map((kind) => [kind, (stored) => giveAgain(stored, stored.request as SppRequest)]),
);
