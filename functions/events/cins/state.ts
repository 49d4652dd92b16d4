import { addressOf } from '../../../schema/addresses/address.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { newestSequence } from '../page.ts';

/** A container of a CIN whose address is on the host. */
export interface CinContainer {
  /** Of its row: a container that was removed and created again is another one. */
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly tag: string | null;
}

/** A CIN at one moment. */
export interface CinState {
  /** The newest event that it includes. */
  readonly sequence: number;
  /** In the order of their addresses. */
  readonly containers: readonly CinContainer[];
  /** Names of all CENs and containers of the CIN, whether they are on the host or not: their events concern it. */
  readonly names: { readonly cens: ReadonlySet<string>; readonly containers: ReadonlySet<string> };
}

/** Which CIN: the id of its hypervisor, and its name. */
export interface CinReference {
  readonly hypervisor: string;
  readonly name: string;
}

interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly tag: string | null;
  readonly address: number;
  readonly is_made: number;
}

const isFinished = (sequence: string) =>
  `NOT EXISTS (SELECT 1 FROM operations o WHERE o.sequence = ${sequence} AND o.status IN ('pending', 'running'))`;

/** On the host are a CIN and CENs that are made, and members that no unfinished operation is about to add. */
const isMade = `coalesce(k.applied_spec ->> '$.made', 0) AND EXISTS (
  SELECT 1 FROM members m CROSS JOIN cin_cens x ON x.cen = m.cen AND x.cin = k.id CROSS JOIN cens n ON n.id = m.cen
  WHERE m.container = c.id AND n.applied_spec ->> '$.made' AND ${isFinished('m.added')} AND ${isFinished('x.added')})`;

const selectContainers = `
  SELECT c.id, c.name, c.spec ->> '$.tag' AS tag, k.first + a.offset AS address, ${isMade} AS is_made
  FROM cins k CROSS JOIN cin_addresses a ON a.cin = k.id AND a.container IS NOT NULL
  CROSS JOIN containers c ON c.id = a.container
  WHERE k.hypervisor = :hypervisor AND k.name = :name ORDER BY a.offset`;

const selectCens = `
  SELECT n.name FROM cins k CROSS JOIN cin_cens x ON x.cin = k.id CROSS JOIN cens n ON n.id = x.cen
  WHERE k.hypervisor = :hypervisor AND k.name = :name`;

/** The state of a CIN, on one snapshot; empty if there is no such CIN. Throws {@link DatabaseError}. */
export async function readCinState(database: Database, { hypervisor, name }: CinReference): Promise<CinState> {
  const args = { hypervisor, name };
  const [[newest], containers, cens] = await database.read(
    [
      statement<{ sequence: number }>(`SELECT ${newestSequence} AS sequence`),
      statement<ContainerRow>(selectContainers, args),
      statement<{ name: string }>(selectCens, args),
    ],
    { call: 'cin.state' },
  );
  return {
    sequence: newest?.sequence ?? 0,
    containers: containers
      .filter(({ is_made }) => is_made === 1)
      .map(({ id, name, tag, address }) => ({ id, name, tag, address: addressOf(BigInt(address), 32) })),
    names: {
      cens: new Set(cens.map((each) => each.name)),
      containers: new Set(containers.map((each) => each.name)),
    },
  };
}
