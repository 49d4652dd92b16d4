import { executeSchema } from '../../../schema/api/leviathan-calls.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { EXECUTE } from '../../../schema/resources/calls.ts';
import { defineCommand } from '../../operations/command.ts';
import { beginsSoon, callArguments, callGuards, callResource } from './call.ts';
import { ofContainer } from './host.ts';

/** Runs a command in a container's running process, once. */
export const executeCommand = defineCommand({
  kind: EXECUTE,
  role: 'admin',
  request: executeSchema,
  target: ofContainer,
  resource: callResource('commands'),
  status: 'pending',
  arguments: callArguments,
  guards: callGuards,
  rows: [beginsSoon],
});

const forget = 'UPDATE operations SET result = NULL WHERE id = :operation AND key IS NULL';

/**
 * Deletes the output of a command, which may be large and secret, when it has been answered. It is kept with an
 * Idempotency-Key, for a client that may ask again.
 */
export async function forgetOutput(database: Database, operation: string): Promise<void> {
  await database.write([statement(forget, { operation })], { audience: 'none', call: 'forget' });
}
