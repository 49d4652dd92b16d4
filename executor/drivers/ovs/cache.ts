import { COLUMNS, decoders, type RawRow, type Rows } from './rows.ts';
import type { TableName } from './transaction.ts';

/** The subjects of one change of the database. */
export interface OvsChange {
  /** Names of bridges that were added, removed or changed. */
  readonly bridges: readonly string[];
  /** Names of ports that were added, removed or changed, or whose interface was. */
  readonly ports: readonly string[];
  /** Labels that these bear or have borne. */
  readonly labels: readonly string[];
  /** Changes were missed: anything may have changed. */
  readonly everything: boolean;
}

type Table<Row> = ReadonlyMap<string, Row>;

const TABLES: readonly TableName[] = ['Open_vSwitch', 'Bridge', 'Port', 'Interface'];

/** The argument of `monitor` (RFC 7047, section 4.1.5) that fills a cache. */
export const MONITORED = Object.fromEntries(TABLES.map((table) => [table, { columns: COLUMNS[table] }]));

/** The key in external_ids that has the label. */
export const LABEL_KEY = 'weft';

/**
 * What one connection has been told of the database. It is filled by the first answer and changed by updates; after the
 * connection it is not used any more, because what it missed is unknown.
 */
export class Cache {
  readonly #tables: { readonly [Name in TableName]: Map<string, Rows[Name]> } = {
    Open_vSwitch: new Map(),
    Bridge: new Map(),
    Port: new Map(),
    Interface: new Map(),
  };

  get bridges(): Table<Rows['Bridge']> {
    return this.#tables.Bridge;
  }

  get ports(): Table<Rows['Port']> {
    return this.#tables.Port;
  }

  get interfaces(): Table<Rows['Interface']> {
    return this.#tables.Interface;
  }

  /** The only row of the table Open_vSwitch, with its UUID; undefined in a database that was not initialised. */
  get root(): { readonly id: string; readonly row: Rows['Open_vSwitch'] } | undefined {
    for (const [id, row] of this.#tables.Open_vSwitch) return { id, row };
    return undefined;
  }

  /**
   * Applies what `monitor` returned or an `update` tells (RFC 7047, section 4.1.6).
   *
   * @throws Error if it is not understood; the cache is useless afterwards
   */
  apply(updates: unknown): OvsChange {
    const told = new Told();
    for (const [table, rows] of Object.entries(members(updates))) {
      if (!isTable(table)) continue;
      for (const [id, update] of Object.entries(members(rows))) this.#applyRow(table, id, update, told);
    }
    return told.change();
  }

  #applyRow(table: TableName, id: string, update: unknown, told: Told): void {
    const { new: row } = members(update);
    told.add(table, this.#tables[table].get(id));
    if (row === undefined) this.#tables[table].delete(id);
    else this.#replace(table, id, members(row));
    told.add(table, this.#tables[table].get(id));
  }

  #replace<Name extends TableName>(table: Name, id: string, row: RawRow): void {
    const rows: Map<string, Rows[Name]> = this.#tables[table];
    rows.set(id, decoders[table](row, rows.get(id)));
  }
}

/** Gathers the names and labels of changed rows. The port of an interface has its name, except a bond. */
class Told {
  readonly #bridges = new Set<string>();
  readonly #ports = new Set<string>();
  readonly #labels = new Set<string>();

  add(table: TableName, row: Rows[TableName] | undefined): void {
    if (row === undefined || !('name' in row)) return;
    (table === 'Bridge' ? this.#bridges : this.#ports).add(row.name);
    const label = row.externalIds[LABEL_KEY];
    if (label !== undefined) this.#labels.add(label);
  }

  change(): OvsChange {
    return { bridges: [...this.#bridges], ports: [...this.#ports], labels: [...this.#labels], everything: false };
  }
}

function isTable(name: string): name is TableName {
  return Object.hasOwn(COLUMNS, name);
}

function members(value: unknown): RawRow {
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${JSON.stringify(value)}`);
  return { ...value };
}
