import * as v from 'valibot';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import type { ReplayHandlers } from '../replay.ts';
import { changeAgain } from './associate.ts';

const subnetsSchema = v.record(v.string(), v.string());

/** ReplayHandlers for the fleet as their operations keep them: of what can fail, the rest is done when it is recorded. */
export const hypervisorReplay: ReplayHandlers = {
  'subnets.change': async (stored) => {
    const { id } = await findHypervisor(stored.database, stored.host ?? '');
    return changeAgain(stored, id, v.parse(subnetsSchema, stored.request));
  },
};
