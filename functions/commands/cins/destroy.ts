import { listedCins } from './listed.ts';

/** Takes the addresses of CINs from their hosts; their rows and their CENs stay, so that they can be made again. */
export const destroyCins = listedCins('cin.destroy', false);
