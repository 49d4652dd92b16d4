import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const seenSchema = v.object({
  restoreGeneration: v.number(),
  epoch: v.number(),
  hypervisor: v.nullish(v.string(), null),
});

/** How far a database was when this host's executor last started: a restored one is behind that. */
export type Seen = v.InferOutput<typeof seenSchema>;

/** The note in the state directory, one for each database and hypervisor; zeros where there is none. */
export class SeenNote {
  readonly #path: string;

  constructor(stateDirectory: string, database: string, hypervisor: string) {
    this.#path = join(stateDirectory, `seen-${database}-${hypervisor}.json`);
  }

  read(): Seen {
    try {
      return v.parse(seenSchema, JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      // The first start here, or a note that was cut short: then nothing is known of earlier starts.
      return { restoreGeneration: 0, epoch: 0, hypervisor: null };
    }
  }

  write({ restoreGeneration, epoch, hypervisor }: Seen): void {
    mkdirSync(join(this.#path, '..'), { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.new`;
    writeFileSync(temporary, `${JSON.stringify({ restoreGeneration, epoch, hypervisor })}\n`);
    renameSync(temporary, this.#path);
  }
}
