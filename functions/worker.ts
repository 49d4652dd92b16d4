import { openRemote } from '../schema/database/remote.ts';
import { Problem } from '../schema/problem.ts';
import { createApp } from './app.ts';
import { expireOperations } from './commands/hypervisors/expire.ts';
import type { Settings } from './context.ts';

/** What `wrangler.toml` and the account's secrets give. */
interface Bindings {
  readonly WEFT_DATABASE_URL?: string;
  readonly WEFT_DATABASE_AUTH_TOKEN?: string;
  readonly WEFT_ADMIN_TOKEN?: string;
  readonly WEFT_ALLOWED_ORIGINS?: string;
}

/** A Worker has 50 subrequests on the free plan; each read of a waiting request is one. */
const READ_BUDGET = 30;

/** The entry for Cloudflare Workers. A client that two requests share fails under load, so each request has its own. */
export default {
  fetch(request: Request, bindings: Bindings): Response | Promise<Response> {
    return createApp(
      () => settingsOf(bindings),
      ({ database }) => database.close(),
    ).fetch(request, bindings);
  },

  /** A cron trigger: what the server on Node does every few seconds. */
  async scheduled(_event: unknown, bindings: Bindings): Promise<void> {
    const { database } = settingsOf(bindings);
    try {
      await expireOperations(database);
    } finally {
      database.close();
    }
  },
};

function settingsOf(bindings: Bindings): Settings {
  if (!bindings.WEFT_DATABASE_URL) throw unset('WEFT_DATABASE_URL');
  if (!bindings.WEFT_ADMIN_TOKEN) throw unset('WEFT_ADMIN_TOKEN');
  return {
    database: openRemote(bindings.WEFT_DATABASE_URL, bindings.WEFT_DATABASE_AUTH_TOKEN),
    hosts: null,
    origins: new Set((bindings.WEFT_ALLOWED_ORIGINS ?? '').split(',').map((origin) => origin.trim().toLowerCase())),
    adminToken: bindings.WEFT_ADMIN_TOKEN,
    readBudget: READ_BUDGET,
    report: (error, requestId) => console.error(JSON.stringify({ requestId, error: String(error) })),
  };
}

/** The world can reach a Worker: without a token it serves nothing. */
function unset(variable: string): Problem {
  return new Problem('unavailable', `This Worker is not set up: ${variable} is missing`, {
    hint: `wrangler secret put ${variable}`,
  });
}
