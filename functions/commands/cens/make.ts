import { defineListed } from './listed.ts';

/** Makes CENs on their hosts. */
export const makeCens = defineListed('cen.make', true);
