import { defineListed } from './listed.ts';

/** Takes CENs off their hosts; their rows stay, so that they can be made again. */
export const destroyCens = defineListed('cen.destroy', false);
