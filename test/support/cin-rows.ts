import { type Database, type Statement, statement } from '../../schema/database/database.ts';

const resource = "1, 'present', 'ready', 0, 0";
const columns = 'id, hypervisor, name, generation, desired, state, state_since_ms, created_ms';

/** The first address of the first block, 10.10.0.0; each CIN has the next one. */
const FIRST = 10 * 2 ** 24 + 10 * 2 ** 16;

interface Added {
  readonly tag?: string | null;
  readonly cen?: string;
  /** The sequence of the operation that adds it. */
  readonly added?: number;
}

/** A CIN and its containers, written as commands and executors write them: each change with the event that tells of it. */
export class CinRows {
  static #inserted = 0;
  readonly hypervisor: string;
  readonly cin: string;
  readonly #database: Database;

  constructor(database: Database, hypervisor: string, cin = 'cin1') {
    this.#database = database;
    this.hypervisor = hypervisor;
    this.cin = cin;
  }

  /** The CIN over CENs, which are on the host, as the CIN is. */
  async insert(cens: readonly string[] = [`${this.cin}-a`]): Promise<void> {
    const first = FIRST + 65_536 * CinRows.#inserted;
    CinRows.#inserted = (CinRows.#inserted + 1) % 240;
    await this.#write([
      ...cens.map((cen) =>
        statement(
          `INSERT OR IGNORE INTO cens (${columns}, spec, applied_spec, link_name)
           VALUES (:hypervisor || :cen, :hypervisor, :cen, ${resource}, '{"made":true}', '{"made":true}', :cen)`,
          { hypervisor: this.hypervisor, cen },
        ),
      ),
      statement(
        `INSERT INTO cins (${columns}, spec, applied_spec, first, last, prefix, first_offset)
         VALUES (:hypervisor || :cin, :hypervisor, :cin, ${resource}, '{"made":true}', '{"made":true}', :first, :last, 16, 10)`,
        { ...this.#names, first, last: first + 65_535 },
      ),
      ...cens.map((cen, position) =>
        statement(
          `INSERT INTO cin_cens (cin, cen, position, added) VALUES (:hypervisor || :cin, :hypervisor || :cen, :position, 0)`,
          { ...this.#names, cen, position },
        ),
      ),
      this.event(`cins/${this.cin}`),
    ]);
  }

  /** Containers that are in the CEN from now on, in one commit. */
  async add(names: readonly string[], { tag = null, cen = `${this.cin}-a`, added = 0 }: Added = {}): Promise<void> {
    const args = { hypervisor: this.hypervisor, cen, names: JSON.stringify(names) };
    await this.#write([
      statement(
        `INSERT OR IGNORE INTO containers (${columns}, spec, applied_spec, short_name)
         SELECT :hypervisor || value || '#' || hex(randomblob(4)), :hypervisor, value, ${resource}, json_object('tag', :tag), '{}', value
         FROM json_each(:names)
         WHERE NOT EXISTS (SELECT 1 FROM containers WHERE hypervisor = :hypervisor AND name = value)`,
        { hypervisor: args.hypervisor, names: args.names, tag },
      ),
      statement(
        `INSERT INTO members (cen, container, position, ordinal, outside, added)
         SELECT :hypervisor || :cen, c.id, key, (SELECT count(*) FROM members WHERE container = c.id), value || :cen, :added
         FROM json_each(:names) CROSS JOIN containers c ON c.hypervisor = :hypervisor AND c.name = value`,
        { ...args, added },
      ),
      this.event(`cens/${cen}`),
    ]);
  }

  async remove(...names: readonly string[]): Promise<void> {
    const args = { hypervisor: this.hypervisor, names: JSON.stringify(names) };
    const which =
      'SELECT id FROM containers WHERE hypervisor = :hypervisor AND name IN (SELECT value FROM json_each(:names))';
    await this.#write([
      statement(`DELETE FROM members WHERE container IN (${which})`, args),
      statement(`DELETE FROM containers WHERE id IN (${which})`, args),
      ...names.map((name) => this.event(`containers/${name}`)),
    ]);
  }

  /** Gives all of these containers a tag, in one commit. */
  async tag(tag: string | null, ...names: readonly string[]): Promise<void> {
    await this.#write([
      statement(
        `UPDATE containers SET spec = json_object('tag', :tag)
         WHERE hypervisor = :hypervisor AND name IN (SELECT value FROM json_each(:names))`,
        { hypervisor: this.hypervisor, tag, names: JSON.stringify(names) },
      ),
      ...names.map((name) => this.event(`containers/${name}`)),
    ]);
  }

  /** Takes the CIN, or one of its CENs, off the host, or puts it there. */
  async make(table: 'cins' | 'cens', name: string, made: boolean): Promise<void> {
    await this.#write([
      statement(
        `UPDATE ${table} SET applied_spec = json_object('made', json(:made)) WHERE hypervisor = :hypervisor AND name = :name`,
        { hypervisor: this.hypervisor, name, made: String(made) },
      ),
      this.event(`${table}/${name}`),
    ]);
  }

  /** Deletes the CIN; its CENs and containers stay. */
  async delete(): Promise<void> {
    await this.#write([
      statement('DELETE FROM cins WHERE id = :hypervisor || :cin', this.#names),
      this.event(`cins/${this.cin}`),
    ]);
  }

  /** An event of this hypervisor; the last parts of its subject are given. */
  event(subject: string): Statement<never> {
    return statement(
      `INSERT INTO events (at_ms, hypervisor, type, subject)
       VALUES (unixepoch() * 1000, :hypervisor, 'operation.succeeded', 'hypervisors/' || :hypervisor || '/' || :subject)`,
      { hypervisor: this.hypervisor, subject },
    );
  }

  get #names() {
    return { hypervisor: this.hypervisor, cin: this.cin };
  }

  #write(statements: readonly Statement[]) {
    return this.#database.write(statements);
  }
}
