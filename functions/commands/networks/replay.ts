import * as v from 'valibot';
import { cenImportSchema, cenListSchema, containerPutSchema } from '../../../schema/api/leviathan.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { createCen } from '../cens/create.ts';
import { deleteCen } from '../cens/delete.ts';
import { importCens } from '../cens/import.ts';
import { joinCen } from '../cens/join.ts';
import { leaveCen } from '../cens/leave.ts';
import { readCen } from '../cens/read.ts';
import { destroyCens, makeCens } from '../cens/wire.ts';
import { deleteContainer } from '../containers/delete.ts';
import type { OnHost } from '../containers/host.ts';
import { putContainer } from '../containers/put.ts';
import { readContainer } from '../containers/read.ts';
import type { ReplayHandlers } from '../replay.ts';

const cenSchema = v.object({ cenID: v.string() });
const containerSchema = v.object({
  contID: v.string(),
  ...v.pick(containerPutSchema.pipe[1], ['tag', 'memory', 'vcpus']).entries,
});
const membershipSchema = v.object({ contID: v.string(), cenID: v.string() });

/** ReplayHandlers for networks and containers as their operations keep them. */
export const networkReplay: ReplayHandlers = {
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
    const context = onHost(stored);
    return deleteContainer(context, await readContainer(context, contID));
  },
};

/** Where it was asked for the first time. */
function onHost(stored: CommandContext): OnHost {
  return { ...stored, host: stored.host ?? '', scoped: true };
}
