import { print, quantile, timed, withWeft } from './weft.ts';

/*
 * End-to-end times: HTTP, database, executor, kernel and back, with the API and the executor in one process. Run by
 * `npm run bench` in a network and mount namespace of its own.
 */

async function measureOnce(what: string, ...request: Parameters<typeof timed>): Promise<void> {
  print(what, `${Math.round(await timed(...request))} ms`);
}

/** Requests a second over this number of connections, for two seconds. */
async function rate(what: string, connections: number, request: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 2_000;
  let count = 0;
  const client = async () => {
    while (performance.now() < end) {
      await request();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  print(what, `${Math.round(count / 2)} a second`);
}

/** The median latency of a single client. */
async function latency(what: string, requests: readonly Parameters<typeof timed>[]): Promise<void> {
  const times: number[] = [];
  for (const request of requests) times.push(await timed(...request));
  print(what, `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`);
}

function cens(count: number, size: number): { cenID: string; containerIDs: string[] }[] {
  return Array.from({ length: count }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: Array.from({ length: size }, (_member, container) => `n${cen}c${container}`),
  }));
}

async function measure(): Promise<void> {
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  await latency(
    'PUT and DELETE of a container, one client: PUT',
    numbers.map((number) => ['PUT', `/host/host1/c${number}`]),
  );
  await latency(
    'PUT and DELETE of a container, one client: DELETE',
    numbers.map((number) => ['DELETE', `/host/host1/c${number}`]),
  );
  await timed('POST', '/cen/import', { cenList: cens(1, 4) });
  await rate('GET /cen/{id}, 8 connections (client in JavaScript on the same 2 cores)', 8, () =>
    timed('GET', '/cen/n0'),
  );
  const list = cens(100, 10);
  const ids = list.map(({ cenID }) => cenID);
  await measureOnce('import 100 CENs with 1000 containers', 'POST', '/cen/import', { cenList: list });
  await measureOnce('make them: 1000 namespaces, 100 bridges, 1000 veths', 'POST', '/cen/make', ids);
  await measureOnce('make them again: nothing to do', 'POST', '/cen/make', ids);
  await measureOnce('destroy them', 'POST', '/cen/destroy', ids);
}

await withWeft(async (startedMs) => {
  print('start with a new database, until `/readyz` is 200', `${Math.round(startedMs)} ms`);
  await measure();
});
