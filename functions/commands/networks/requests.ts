import * as v from 'valibot';
import { cenImportSchema, cenListSchema, containerPutSchema } from '../../../schema/api/leviathan.ts';
import type { Asked } from '../../operations/command-context.ts';
import type { Requests } from '../stored.ts';
import { createCen, deleteCen } from './change-cen.ts';
import { deleteContainer, putContainer } from './change-container.ts';
import { joinCen, leaveCen } from './change-membership.ts';
import type { OnHost } from './host.ts';
import { importCens } from './import-cens.ts';
import { readCen, readContainer } from './read.ts';
import { destroyCens, makeCens } from './wire-cens.ts';

const cenSchema = v.object({ cenID: v.string() });
const containerSchema = v.object({
  contID: v.string(),
  ...v.pick(containerPutSchema.pipe[1], ['tag', 'memory', 'vcpus']).entries,
});
const membershipSchema = v.object({ contID: v.string(), cenID: v.string() });

/** Requests for networks and containers as their operations keep them. */
export const networkRequests: Requests = {
  'cen.import': (stored) => importCens(stored, v.parse(cenImportSchema, stored.request)),
  'cen.make': (stored) => makeCens(stored, v.parse(cenListSchema, stored.request)),
  'cen.destroy': (stored) => destroyCens(stored, v.parse(cenListSchema, stored.request)),
  'cen.create': (stored) => createCen(stored, v.parse(cenSchema, stored.request).cenID),
  'cen.delete': async (stored) => deleteCen(stored, await readCen(stored, v.parse(cenSchema, stored.request).cenID)),
  'cen.join': (stored) => {
    const { contID, cenID } = v.parse(membershipSchema, stored.request);
    return joinCen(onHost(stored), contID, cenID);
  },
  'cen.leave': (stored) => {
    const { contID, cenID } = v.parse(membershipSchema, stored.request);
    return leaveCen(onHost(stored), contID, cenID);
  },
  'container.create': (stored) => {
    const { contID, ...changes } = v.parse(containerSchema, stored.request);
    return putContainer(onHost(stored), contID, changes);
  },
  'container.delete': async (stored) => {
    const { contID } = v.parse(containerSchema, stored.request);
    const asked = onHost(stored);
    return deleteContainer(asked, await readContainer(asked, contID));
  },
};

/** Where it was asked for the first time. */
function onHost(stored: Asked): OnHost {
  return { ...stored, host: stored.host ?? '', scoped: true };
}
