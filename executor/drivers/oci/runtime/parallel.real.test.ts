import { expect, test } from 'vitest';
import { startRequest } from '../../../../test/support/oci/request.ts';
import { makeStage, OWNER, SLEEP } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';

const OWNERS = Array.from({ length: 8 }, (_, index) => `${OWNER}-${index}`);

test('eight processes start at the same time, and each start and death is told of, and no other', async () => {
  const stage = makeStage(OWNERS);
  const runtime = await stage.open();
  const told = new Map<string, number>();
  const end = runtime.subscribe((owner) => told.set(owner, (told.get(owner) ?? 0) + 1));
  await Promise.all(OWNERS.map((owner) => runtime.start(startRequest(stage.lower, SLEEP, owner))));
  const pids = [...(await runtime.view('all')).values()].map(({ phase, pid }) => (phase === 'running' ? pid : null));
  expect(new Set(pids.filter((pid) => pid !== null)).size).toBe(OWNERS.length);
  const once = new Map(OWNERS.map((owner) => [owner, 1]));
  expect(told).toEqual(once);

  const [dying = '', silent = ''] = OWNERS;
  process.kill((await runtime.view([dying])).get(dying)?.pid ?? 0, 'SIGKILL');
  await until('its death is told of', () => told.get(dying) === 2);
  expect((await runtime.view([dying])).get(dying)).toMatchObject({ phase: 'exited', exit: { code: 137 } });
  expect(told).toEqual(new Map(once).set(dying, 2));

  end();
  await runtime.stop({ owner: silent, signal: 'KILL', graceMs: 10_000 });
  await runtime.start({ ...startRequest(stage.lower, SLEEP, silent), number: 2 });
  expect(told.get(silent)).toBe(1);
});
