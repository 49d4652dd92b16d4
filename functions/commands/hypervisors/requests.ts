import * as v from 'valibot';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import type { Requests } from '../stored.ts';
import { changeAgain } from './associate.ts';

const subnetsSchema = v.record(v.string(), v.string());

/** Requests for the fleet as their operations keep them: of what can fail, the rest is done when it is recorded. */
export const fleetRequests: Requests = {
  'subnets.change': async (stored) => {
    const { id } = await findHypervisor(stored.database, stored.host ?? '');
    return changeAgain(stored, id, v.parse(subnetsSchema, stored.request));
  },
};
