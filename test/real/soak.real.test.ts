import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { links, namespaces } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

/* SOAK_OPERATIONS=50000 npm test -- soak is the long form, which also checks the memory; CI runs the short one. */

const OPERATIONS = Number(process.env.SOAK_OPERATIONS ?? 500);
/** With fewer, uncollected garbage exceeds what would leak. */
const OPERATIONS_FOR_MEMORY = 20_000;
const CLIENTS = 8;

/** The resources that a process holds. */
interface Holdings {
  readonly memoryMegabytes: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly sockets: number;
}

function holdings(pid: number | undefined): Holdings {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    memoryMegabytes: Math.round(number('VmRSS') / 1024),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: number('Threads'),
    sockets: readFileSync(`/proc/${pid}/net/netlink`, 'utf8')
      .split('\n')
      .filter((line) => line !== '').length,
  };
}

/**
 * A client creates a container, adds it to a network that is a bridge already, removes it from it and deletes it;
 * repeatedly.
 */
async function client(weft: Weft, ordinal: number, rounds: number): Promise<void> {
  const host = `/host/host1/guest${ordinal}`;
  for (let round = 0; round < rounds; round += 1) {
    for (const [method, path] of [
      ['PUT', host],
      ['PUT', `${host}/lan${ordinal}`],
      ['DELETE', `${host}/lan${ordinal}`],
      ['DELETE', host],
    ] as const) {
      const { status, body } = await weft.request(method, path);
      if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    }
  }
}

it(`${OPERATIONS} operations leave nothing behind`, { timeout: 3_600_000 }, async () => {
  const weft = await Weft.start({ WEFT_SCAN_SECONDS: '1', WEFT_LOG: 'warn' });
  const clients = Array.from({ length: CLIENTS }, (_, ordinal) => ordinal);
  const lans = clients.map((ordinal) => `lan${ordinal}`);
  await weft.request('POST', '/cen/import', {
    cenList: lans.map((lan) => ({ cenID: lan, containerIDs: ['a', 'b', 'c'].map((name) => `${lan}${name}`) })),
  });
  await weft.request('POST', '/cen/make', lans, { prefer: 'wait=30' });
  const work = (operations: number) =>
    Promise.all(clients.map((ordinal) => client(weft, ordinal, Math.ceil(operations / CLIENTS / 4))));
  const before = { namespaces: namespaces(), links: links(null).length };

  // What is made once, caches and compiled code, is made in the first half.
  await work(OPERATIONS / 2);
  const atRest = async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0;
  await until('every operation has ended', atRest);
  const first = holdings(weft.child.pid);
  const began = performance.now();
  await work(OPERATIONS / 2);
  await until('every operation has ended', atRest);
  const seconds = (performance.now() - began) / 1000;
  let last = holdings(weft.child.pid);
  // The clients' persistent connections are closed by a timeout.
  await until('the descriptors are what they were', () => {
    last = holdings(weft.child.pid);
    return last.descriptors <= first.descriptors;
  });
  console.log(
    `note: ${OPERATIONS} operations, ${Math.round(OPERATIONS / 2 / seconds)}/s; memory ${first.memoryMegabytes} MB, then ${last.memoryMegabytes} MB`,
  );
  expect({ threads: last.threads, sockets: last.sockets }).toEqual({ threads: first.threads, sockets: first.sockets });
  if (OPERATIONS >= OPERATIONS_FOR_MEMORY) {
    expect(last.memoryMegabytes).toBeLessThan(first.memoryMegabytes * 1.5 + 50);
  }
  expect({ namespaces: namespaces(), links: links(null).length }).toEqual(before);
  expect(await weft.sql("SELECT kind, error FROM v_operations WHERE status <> 'succeeded'")).toEqual([]);
  expect(await weft.sql("SELECT kind FROM operations WHERE principal = 'executor'")).toEqual([]);
});
