import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeStage, OWNER, SLEEP } from '../../../../test/support/oci/stage.ts';
import { ControlGroup } from './control-groups.ts';

const CGROUPS = '/sys/fs/cgroup';
const PARENT = `/${OWNER}-parent`;

/** Hierarchies that have the group. */
function places(group: string): string[] {
  const hierarchies = ['.', ...readdirSync(CGROUPS)];
  return hierarchies.filter((name) => existsSync(join(CGROUPS, name, group)));
}

function requestOf(stage: ReturnType<typeof makeStage>, owner: string) {
  const request = { ...stage.request(SLEEP), owner, networkNamespace: `/run/netns/${owner}` };
  const configuration: typeof request.configuration = (paths) => {
    const made = request.configuration(paths);
    return { ...made, linux: { ...Reflect.get(made, 'linux'), cgroupsPath: join(PARENT, owner) } };
  };
  return { ...request, configuration };
}

test('the parent of the control groups goes with the last container, and with the next start after a kill', async () => {
  const [first, second] = [`${OWNER}a`, `${OWNER}b`];
  const stage = makeStage([first, second]);
  onTestFinished(() => {
    new ControlGroup(PARENT).removeIfEmpty();
  });
  const runtime = await stage.open({ parentGroup: PARENT });
  for (const owner of [first, second]) await runtime.start(requestOf(stage, owner));
  expect(places(PARENT).length).toBeGreaterThan(0);
  await runtime.remove({ owner: first });
  expect(places(join(PARENT, second)).length).toBeGreaterThan(0);
  await runtime.remove({ owner: second });
  expect(places(PARENT)).toEqual([]);

  const hierarchy = places('cgroup.procs')[0] ?? '';
  mkdirSync(join(CGROUPS, hierarchy, PARENT));
  expect(places(PARENT)).toEqual([hierarchy]);
  await stage.open({ parentGroup: PARENT });
  expect(places(PARENT)).toEqual([]);
});
