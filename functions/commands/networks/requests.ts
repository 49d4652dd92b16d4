import * as v from 'valibot';
import { cenImportSchema, cenListSchema } from '../../../schema/api/leviathan.ts';
import type { Requests } from '../operations/retry.ts';
import { createCen, deleteCen } from './change-cen.ts';
import { deleteContainer, putContainer } from './change-container.ts';
import { joinCen, leaveCen } from './change-membership.ts';
import { importCens } from './import-cens.ts';
import { readCen, readContainer } from './read.ts';
import { destroyCens, makeCens } from './wire-cens.ts';

const cenSchema = v.object({ cenID: v.string() });
const containerSchema = v.object({ contID: v.string(), tag: v.optional(v.nullable(v.string())) });
const membershipSchema = v.object({ contID: v.string(), cenID: v.string() });

/** Requests for networks and containers as their operations keep them. */
export const networkRequests: Requests = {
  'cen.import': ({ database, principal, request }) =>
    importCens(database, principal, v.parse(cenImportSchema, request)),
  'cen.make': ({ database, principal, request }) => makeCens(database, principal, v.parse(cenListSchema, request)),
  'cen.destroy': ({ database, principal, request }) =>
    destroyCens(database, principal, v.parse(cenListSchema, request)),
  'cen.create': ({ database, principal, request }) => createCen(database, principal, v.parse(cenSchema, request).cenID),
  'cen.delete': async ({ database, principal, request }) =>
    deleteCen(database, principal, await readCen(database, v.parse(cenSchema, request).cenID)),
  'cen.join': ({ database, principal, host, request }) => {
    const { contID, cenID } = v.parse(membershipSchema, request);
    return joinCen(database, principal, host ?? '', contID, cenID);
  },
  'cen.leave': ({ database, principal, host, request }) => {
    const { contID, cenID } = v.parse(membershipSchema, request);
    return leaveCen(database, principal, host ?? '', contID, cenID);
  },
  'container.create': ({ database, principal, host, request }) => {
    const { contID, tag } = v.parse(containerSchema, request);
    return putContainer(database, principal, host ?? '', contID, tag === undefined ? {} : { tag });
  },
  'container.delete': async ({ database, principal, host, request }) => {
    const { contID } = v.parse(containerSchema, request);
    return deleteContainer(database, principal, host ?? '', await readContainer(database, host ?? '', contID));
  },
};
