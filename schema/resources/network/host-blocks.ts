import { statement } from '../../database/database.ts';
import type { hostBlocks } from '../../tables/cins.ts';
import type { RowOf } from '../../tables/row.ts';
import type { Note } from '../definition.ts';

/** A block of addresses that a host uses, as numbers, and what uses it. */
export type HostBlock = Pick<RowOf<typeof hostBlocks>, 'first' | 'last' | 'used_by'>;

const forget = `
  DELETE FROM host_blocks WHERE hypervisor = :hypervisor
    AND (first, last) NOT IN (SELECT value ->> 'first', value ->> 'last' FROM json_each(:blocks))`;

/** The block of a CIN is used by its own gateway. */
const remember = `
  INSERT INTO host_blocks (hypervisor, first, last, used_by)
  SELECT :hypervisor, b.value ->> 'first', b.value ->> 'last', b.value ->> 'used_by' FROM json_each(:blocks) b
  WHERE NOT EXISTS (
    SELECT 1 FROM cins i
    WHERE i.hypervisor = :hypervisor AND i.first = b.value ->> 'first' AND i.last = b.value ->> 'last')
  ON CONFLICT (hypervisor, first, last) DO UPDATE SET used_by = excluded.used_by WHERE used_by <> excluded.used_by`;

/** What the host uses at the moment: no new CIN takes an address of it. */
export const hostBlocksNote: Note<readonly HostBlock[]> = {
  call: 'blocks.note',
  statements: (hypervisor, blocks) => {
    const args = { hypervisor, blocks: JSON.stringify(blocks) };
    return [forget, remember].map((sql) => statement<never>(sql, args));
  },
};
