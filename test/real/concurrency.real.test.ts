import { expect, it } from 'vitest';
import { links, namespaces } from '../support/host.ts';
import type { Instance, ServedInstance } from '../support/instance.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { sequence } from '../support/random.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

const CLIENTS = 12;
const REQUESTS = 20;
const KILLS = 3;

/** Answers the statuses of its answers; `asked` is called after each request. */
async function client(weft: ServedInstance, seed: number, asked: () => void = () => undefined): Promise<number[]> {
  const random = sequence(seed);
  const statuses: number[] = [];
  for (let turn = 0; turn < REQUESTS; turn += 1) {
    const cen = `n${random(4)}`;
    const container = `c${random(8)}`;
    const list = {
      cenList: [
        {
          cenID: cen,
          containerIDs: [0, 1, 2, 3, 4]
            .map((step) => `c${(random(8) + step) % 8}`)
            .filter((id, index, all) => all.indexOf(id) === index),
        },
      ],
    };
    const requests: [string, string, unknown?][] = [
      ['PUT', `/host/host1/${container}/${cen}`],
      ['PUT', `/host/host1/${container}/${cen}`],
      ['DELETE', `/host/host1/${container}/${cen}`],
      ['POST', '/cen/make', [cen]],
      ['POST', '/cen/make', [cen]],
      ['POST', '/cen/destroy', [cen]],
      ['POST', '/cen/import', list],
      ['PUT', `/host/host1/${container}`],
      ['DELETE', `/host/host1/${container}`],
      ['DELETE', `/cen/${cen}`],
    ];
    const [method, path, body] = requests[random(requests.length)] ?? ['GET', '/'];
    // No answer: weft was killed during the request, which may or may not have been recorded.
    const answer = await weft.request(method, path, body, { prefer: 'wait=20' }).catch(() => undefined);
    asked();
    if (answer) statuses.push(answer.status);
    else
      await until(
        'weft is back',
        async () => (await fetch(`${weft.url}/readyz`).catch(() => undefined))?.status === 200,
      );
  }
  return statuses;
}

/** Host and database agree, nothing is left over, and a scan finds nothing to repair. */
async function expectAgreement(weft: Instance, startAgain: () => Promise<void>): Promise<void> {
  await until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
  expect(await weft.sql("SELECT kind, error FROM operations WHERE status <> 'succeeded'")).toEqual([]);

  const wanted = await weft.sql<{ name: string }>(
    'SELECT container AS name FROM v_containers WHERE namespace = 1 ORDER BY container',
  );
  expect(namespaces()).toEqual(wanted.map(({ name }) => name));
  const ports = await weft.sql<{ name: string }>(
    'SELECT outside AS name FROM v_links WHERE outside IS NOT NULL UNION SELECT bridge FROM v_cens WHERE bridge IS NOT NULL',
  );
  expect(links(null).map(({ ifname }) => ifname)).toEqual(ports.map(({ name }) => name).sort());
  expect(await weft.sql('SELECT * FROM guard')).toEqual([]);
  // Every allocated name belongs to an existing resource.
  expect(
    await weft.sql(`SELECT * FROM host_names WHERE owner NOT IN (
      SELECT id FROM containers UNION SELECT id FROM cens UNION SELECT 'members/' || id FROM members)`),
  ).toEqual([]);

  const repairs = "SELECT kind, resource FROM operations WHERE principal = 'executor'";
  const before = await weft.sql(repairs);
  await startAgain();
  expect(await weft.sql(repairs)).toEqual(before);
}

it('many clients that change the same networks concurrently leave a host that matches the database', async () => {
  const weft = await LocalWeft.start();
  const statuses = (await Promise.all(Array.from({ length: CLIENTS }, (_, seed) => client(weft, seed)))).flat();
  // A resource that does not exist is a 404; no other error is acceptable.
  expect(new Set(statuses)).toEqual(new Set([200, 404]));
  await expectAgreement(weft, async () => {
    await weft.stop();
    await weft.restart();
  });
});

it('the same with repeated kills of weft', async () => {
  const weft = await Weft.start();
  let requests = 0;
  const asked = () => {
    requests += 1;
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, seed) => client(weft, 1000 + seed, asked)));
  let working = true;
  void clients.finally(() => {
    working = false;
  });
  for (let kill = 0; kill < KILLS && working; kill += 1) {
    const before = requests;
    await until('some more was asked for', () => !working || requests > before + 20);
    await weft.end('SIGKILL');
    await weft.start();
  }
  await clients;
  await expectAgreement(weft, async () => {
    await weft.stop();
    await weft.start();
  });
});
