import { describe, it, onTestFinished } from 'vitest';
import { openRemote } from '../schema/database/remote.ts';
import { client } from '../test/support/api.ts';
import { deadlineOf, failures } from '../test/support/libsql/failures.ts';
import { expectUnavailable, serverWithHypervisor } from '../test/support/libsql/unavailable.ts';

const token = 'a-token-of-16-or-more';

describe('the API on Node is unavailable while its database server', () => {
  it.each(failures)('$name', async (failure) => {
    const server = await serverWithHypervisor(token);
    const database = openRemote(server.url, token, { deadlineMs: deadlineOf(failure) });
    onTestFinished(() => database.close());
    await expectUnavailable(client(database), server, failure);
  });
});
