import { operationKinds, type SppRequest } from '../../../schema/api/spp/commands.ts';
import type { Requests, StoredRequest } from '../operations/retry.ts';
import { findForRetry, giveCommand } from './give.ts';

/** Commands to SPP processes as their operations keep them: it was we who wrote them down. */
export const sppRequests: Requests = Object.fromEntries(
  Object.values(operationKinds).map((kind) => [
    kind,
    async ({ database, principal, host, request }: StoredRequest) => {
      const stored = request as SppRequest;
      return giveCommand(principal, await findForRetry(database, host ?? '', stored), stored);
    },
  ]),
);
