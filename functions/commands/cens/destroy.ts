import { listedCens } from './listed.ts';

/** Removes CENs from their hosts; their rows stay, so that they can be made again. */
export const destroyCens = listedCens('cen.destroy', false);
