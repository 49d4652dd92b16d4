import { listedCens } from './listed.ts';

/** Makes CENs on their hosts. */
export const makeCens = listedCens('cen.make', true);
