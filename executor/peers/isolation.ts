import { type Nftables, type NftablesOptions, openNftables } from '../drivers/nftables/driver.ts';

/** Enough of a database's id to distinguish those of one host. */
const ID_LENGTH = 8;

/** The rules that isolate the CINs of a database on this host. */
export function openIsolation(databaseId: string, options: Pick<NftablesOptions, 'expires' | 'log'> = {}): Nftables {
  return openNftables({ table: `weft-${databaseId.slice(0, ID_LENGTH)}`, label: `weft:${databaseId}`, ...options });
}
