/** A position in the events of a database, after the event of that sequence. */
export interface Cursor {
  /** The database's id: another database has other events with the same sequences. */
  readonly database: string;
  /** The number of restores: events after a backup are written anew with sequences that were used before. */
  readonly generation: number;
  readonly sequence: number;
}

const pattern = /^([0-9a-f-]{36}):(\d{1,15}):(\d{1,15})$/;

/** The text that clients keep: `database id:restore generation:sequence`. */
export function encodeCursor({ database, generation, sequence }: Cursor): string {
  return `${database}:${generation}:${sequence}`;
}

/** Undefined: the text is no cursor. */
export function decodeCursor(text: string): Cursor | undefined {
  const [, database, generation, sequence] = pattern.exec(text) ?? [];
  if (database === undefined) return undefined;
  return { database, generation: Number(generation), sequence: Number(sequence) };
}

export function isSameHistory(left: Cursor, right: Cursor): boolean {
  return left.database === right.database && left.generation === right.generation;
}
