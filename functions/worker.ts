import { upgradeWebSocket } from 'hono/cloudflare-workers';
import { type ComputeStatus, computeStatuses } from '../schema/api/compute/status.ts';
import type { Database } from '../schema/database/database.ts';
import { openRemote } from '../schema/database/remote.ts';
import { Problem } from '../schema/problem.ts';
import { createApp } from './app.ts';
import { expireOperations } from './commands/operations/expire.ts';
import type { MonitorPlatform } from './dialects/leviathan/monitor/routes.ts';
import { CinWatches } from './events/cins/watches.ts';
import { Feed, POLL_SELDOM } from './events/feed.ts';
import { withReadBudget } from './events/read-budget.ts';
import type { Settings } from './http/context.ts';
import { SchemaCheck } from './http/schema-check.ts';

/** Variables of `wrangler.toml`, and the account's secrets. */
interface Bindings {
  readonly WEFT_DATABASE_URL?: string;
  readonly WEFT_DATABASE_AUTH_TOKEN?: string;
  readonly WEFT_ADMIN_TOKEN?: string;
  readonly WEFT_ALLOWED_ORIGINS?: string;
  readonly WEFT_COMPUTE_STATUS?: string;
}

/** A Worker has 50 subrequests on the free plan; each read of a waiting request is one. */
const READ_BUDGET = 30;

/** The same as for the API on Node. */
const TOKEN_MIN = 16;

/** One for the isolate, so that requests share its cached result. */
const schema = new SchemaCheck();

/** The entry for Cloudflare Workers. A client shared by two requests fails under load, so each request has its own. */
export default {
  fetch(request: Request, bindings: Bindings): Response | Promise<Response> {
    return createApp(
      () => settingsOf(bindings),
      ({ database }) => database.close(),
      monitorPlatform(bindings),
    ).fetch(request, bindings);
  },

  /**
   * A cron trigger: does what the server on Node does every few seconds. A failure is only logged, since the next
   * minute tries again.
   */
  async scheduled(_event: unknown, bindings: Bindings): Promise<void> {
    try {
      await expire(settingsOf(bindings).database);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.warn(
        JSON.stringify({ cron: 'expire', message: `operations of dead hypervisors do not expire: ${reason}` }),
      );
    }
  },
};

/** A connection of monitors is one request: it has a database of its own, and the request's budget of reads. */
function monitorPlatform(bindings: Bindings): MonitorPlatform {
  return {
    upgrade: (c, events) => upgradeWebSocket(c, events),
    open: (_c, exhausted) => {
      const { database, report } = settingsOf(bindings);
      const limited = withReadBudget(database, READ_BUDGET, exhausted);
      const feed = new Feed(limited, { pauses: POLL_SELDOM, report: (error) => report(error, 'monitor') });
      const watches = new CinWatches({ database: limited, feed, report: (error) => report(error, 'monitor') });
      return { watches, close: () => database.close() };
    },
  };
}

async function expire(database: Database): Promise<void> {
  try {
    await schema.require(database);
    await expireOperations(database);
  } finally {
    database.close();
  }
}

function settingsOf(bindings: Bindings): Settings {
  const [url, token] = [databaseUrl(bindings), adminToken(bindings)];
  return {
    database: openRemote(url, bindings.WEFT_DATABASE_AUTH_TOKEN),
    hosts: null,
    origins: new Set((bindings.WEFT_ALLOWED_ORIGINS ?? '').split(',').map((origin) => origin.trim().toLowerCase())),
    adminToken: token,
    readBudget: READ_BUDGET,
    computeStatus: computeStatus(bindings),
    schema,
    report: (error, requestId) => console.error(JSON.stringify({ requestId, error: String(error) })),
  };
}

function databaseUrl({ WEFT_DATABASE_URL: url }: Bindings): string {
  if (!url) throw notSetUp('WEFT_DATABASE_URL', 'is missing');
  if (!/^(libsql|https?):\/\/./.test(url) || !URL.canParse(url)) {
    throw notSetUp('WEFT_DATABASE_URL', 'must be the URL of a libSQL server: libsql://, https:// or http://');
  }
  return url;
}

/** A Worker is reachable from the Internet: without a token it serves nothing. */
function adminToken({ WEFT_ADMIN_TOKEN: token }: Bindings): string {
  if (!token) throw notSetUp('WEFT_ADMIN_TOKEN', 'is missing');
  if (token.length < TOKEN_MIN) throw notSetUp('WEFT_ADMIN_TOKEN', `must have at least ${TOKEN_MIN} characters`);
  return token;
}

function computeStatus({ WEFT_COMPUTE_STATUS: status }: Bindings): ComputeStatus | undefined {
  if (!status) return undefined;
  const known = computeStatuses.find((each) => each === status);
  if (known === undefined) throw notSetUp('WEFT_COMPUTE_STATUS', `must be ${computeStatuses.join(' or ')}`);
  return known;
}

function notSetUp(variable: string, wrong: string): Problem {
  return new Problem('unavailable', `This Worker is not set up: ${variable} ${wrong}`, {
    hint: `wrangler secret put ${variable}`,
  });
}
