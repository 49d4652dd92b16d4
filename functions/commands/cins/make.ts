import { listedCins } from './listed.ts';

/** Puts the addresses of CINs on their hosts. */
export const makeCins = listedCins('cin.make', true);
