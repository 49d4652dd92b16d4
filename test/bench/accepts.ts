import { load, print, withWeft } from './weft.ts';

/*
 * Durable writes over HTTP, from wrk(1), whose own load is negligible. Each creates a network without containers: a
 * row, an operation, and an event, and nothing on the host. Run by `npm run bench` in a network and mount namespace of
 * its own.
 */

const CONNECTIONS = 32;
const SECONDS = 5;

/** Each request of each thread of wrk creates another network. */
const script = `
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end
function init() count = 0 end
function request()
  count = count + 1
  return wrk.format("PUT", "/cen/" .. round .. "-" .. id .. "-" .. count)
end
`;

function accept(round: string) {
  return load({ connections: CONNECTIONS, seconds: SECONDS, path: '/', script: `round = "${round}"\n${script}` });
}

for (const synchronous of ['full', 'normal']) {
  await withWeft(
    async () => {
      accept('warm');
      const { rate, latency99 } = accept('hot');
      const what = `durable accepts (synchronous ${synchronous}), ${CONNECTIONS} connections of wrk`;
      print(what, `${Math.round(rate)} a second, p99 ${latency99}`);
    },
    { WEFT_DATABASE_SYNCHRONOUS: synchronous },
  );
}
