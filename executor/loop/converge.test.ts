import { describe, expect, it } from 'vitest';
import type { Resource, Step } from '../kinds/resource.ts';
import { converge, StepFailed } from './converge.ts';

const steps = (name: string, count: number): Step[] =>
  Array.from({ length: count }, (_, item) => ({ name, item: `${item}` }));

/** A host on which some steps were taken; it takes steps named `many` in batches. */
function hostOf(planned: readonly Step[], failing?: Step) {
  const calls: Step[][] = [];
  const taken = new Set<Step>();
  const take = async (some: readonly Step[]) => {
    calls.push([...some]);
    if (failing && some.includes(failing)) throw new Error('refused');
    for (const step of some) taken.add(step);
  };
  const resource: Resource<null, ReadonlySet<Step>, Step> = {
    observe: async () => taken,
    observeAll: async () => taken,
    plan: (_, observed) => planned.filter((step) => !observed.has(step)),
    apply: (step) => take([step]),
    batches: { names: new Set(['many']), apply: take },
  };
  return { resource, calls };
}

const ignore = { check: () => undefined, remaining: () => undefined };

describe('steps of one name', () => {
  it('are taken in one batch if the resource supports that, without changing the order of steps', async () => {
    const planned = [...steps('many', 3), ...steps('single', 2), ...steps('many', 2)];
    const { resource, calls } = hostOf(planned);
    await converge(resource, null, ignore);
    expect(calls.map((call) => call.length)).toEqual([3, 1, 1, 2]);
    expect(calls.flat()).toEqual(planned);
  });

  it('are counted and can be stopped between batches', async () => {
    const { resource, calls } = hostOf(steps('many', 200));
    const remaining: number[] = [];
    const check = () => {
      if (calls.length === 2) throw new Error('stopped');
    };
    const stopped = converge(resource, null, { check, remaining: (items) => void remaining.push(items) });
    await expect(stopped).rejects.toThrow('stopped');
    expect(calls.map((call) => call.length)).toEqual([64, 64]);
    expect(remaining).toEqual([200, 136]);
  });

  it('fail with their name', async () => {
    const planned = steps('many', 3);
    const { resource } = hostOf(planned, planned[1]);
    const failed = await converge(resource, null, ignore).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StepFailed);
    expect(failed).toMatchObject({ step: 'many', message: 'refused' });
  });
});

it('a step that takes long can ask whether it is still wanted', async () => {
  const { resource } = hostOf(steps('long', 1));
  const asked: (boolean | undefined)[] = [];
  const asking: typeof resource = {
    ...resource,
    apply: async (step, isUnwanted) => {
      asked.push(isUnwanted?.());
      return resource.apply(step);
    },
  };
  await converge(asking, null, { ...ignore, isUnwanted: () => true });
  expect(asked).toEqual([true]);
});
