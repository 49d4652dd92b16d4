import type { DatabaseSync } from 'node:sqlite';
import { splitStatements } from '../../schema/database/migrate.ts';

/**
 * The statements of all triggers, with parameters for the values of the row; the plan of a statement does not contain
 * those of its triggers.
 */
export function triggerBodies(database: DatabaseSync): string[] {
  return database
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
    .all()
    .flatMap(({ sql }) => {
      const [, body = ''] = /\bBEGIN\b(.*)\bEND\s*$/s.exec(String(sql)) ?? [];
      // Outside of a trigger RAISE is refused.
      return splitStatements(body.replaceAll(/\bRAISE\([^)]*\)/g, '1').replaceAll(/\b(NEW|OLD)\.(\w+)/g, ':$1_$2'));
    });
}
