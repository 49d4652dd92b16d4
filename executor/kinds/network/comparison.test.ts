import { expect, it } from 'vitest';
import type { Labelled } from '../../../schema/resources/definition.ts';
import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import type { ScanRows } from '../../../schema/store/idle.ts';
import { isolationInMemory } from '../../../test/doubles/isolation.ts';
import { SimulatedHost } from '../../../test/doubles/simulated-host.ts';
import type { NetnsViewer } from '../../drivers/netns/viewer.ts';
import { comparing, type IdleResource } from '../../loop/reconcile/differences.ts';
import { networkComparison } from './comparison.ts';
import type { Network } from './desired.ts';
import { plan } from './plan.ts';

const CENS = 6;
const MEMBERS = 4;

/** Networks of four, whose last member is the first of the next one; and a container that is in none. */
function networks(): IdleResource<Network>[] {
  const idle = (kind: string, name: string, desired: Network): IdleResource<Network> => ({
    ...{ subject: `${kind}/${name}`, generation: 1, subjects: [], eventNames: [name], desired },
  });
  const containers = Array.from({ length: CENS * (MEMBERS - 1) + 2 }, (_, number) => `c${number}`);
  const cens = Array.from({ length: CENS }, (_, cen) => {
    const members = containers.slice(cen * (MEMBERS - 1), cen * (MEMBERS - 1) + MEMBERS).map((container) => ({
      ...{ container, ordinal: cen, outside: `${container}.${cen}o` },
    }));
    const name = `n${cen}`;
    return idle('cens', name, {
      namespaces: [],
      segments: [{ name, label: `weft:db/${name}`, linkName: name, made: true, members }],
      isolations: [],
      processes: [],
    });
  });
  const specs = containers.map((name) =>
    idle('containers', name, {
      namespaces: [{ name, label: `weft:db/${name}`, present: true }],
      segments: [],
      isolations: [],
      processes: [],
    }),
  );
  return [...specs, ...cens];
}

/** A host as its driver reports it, and how many namespaces were read at once. */
function viewerOf(host: SimulatedHost): NetnsViewer & { readonly views: number[] } {
  const views: number[] = [];
  return {
    views,
    names: async () => [...host.namespaces.keys()],
    async view(names, selection) {
      const observed = host.observe();
      const wanted = names === 'all' ? [...observed.namespaces.keys()] : names;
      views.push(wanted.length);
      const selected = observed.host.filter(
        ({ name, alias }) =>
          selection === undefined ||
          selection.names.includes(name) ||
          selection.aliases.includes(alias ?? '') ||
          selection.owners.includes(alias?.split(' ')[0] ?? ''),
      );
      const masters = new Set(selected.map(({ master }) => master));
      const links = observed.host.filter((link) => selected.includes(link) || masters.has(link.index));
      return { links, namespaces: wanted.flatMap((name) => observed.namespaces.get(name) ?? []), addressing: null };
    },
    [Symbol.dispose]: () => undefined,
  };
}

async function compared(host: SimulatedHost, partSize: number) {
  const viewer = viewerOf(host);
  const asked: Labelled[] = [];
  const rows: ScanRows = {
    async *loadIdle() {
      yield { idle: networks().map(({ desired, ...each }) => ({ ...each, rows: desired })), busy: [], since: 9e9 };
    },
    findOrphans: async (labelled) => {
      asked.push(...labelled);
      return [];
    },
  };
  const { differences, orphans } = await comparing(
    {
      definition: networkDefinition,
      spec: { desired: (network: Network) => network },
      resource: networkComparison({ driver: viewer, isolation: isolationInMemory() }, partSize),
    },
    rows,
    'weft:db/',
  )('all');
  const byText = (texts: readonly string[]) => texts.toSorted();
  return {
    differences: byText(differences.map((each) => JSON.stringify(each))),
    labelled: byText(asked.map((each) => JSON.stringify(each))),
    count: orphans?.labelled,
    views: viewer.views,
  };
}

function made(): SimulatedHost {
  const host = new SimulatedHost();
  for (const { desired } of networks()) {
    for (let round = 0; round < 4; round += 1) for (const step of plan(desired, host.observe())) host.apply(step);
  }
  return host;
}

it('a comparison in parts finds the same as one of the whole, and counts each label once', async () => {
  const host = made();
  const named = (name: string) => host.links.find((link) => link.name === name) as (typeof host.links)[number];
  named('c1.0o').up = false;
  named('c7.2o').name = 'elsewhere';
  host.removeLink(named('c12.3o'));
  host.namespaces.delete(`c${CENS * (MEMBERS - 1) + 1}`);
  host.addNamespace('lost', 'weft:db/lost');
  host.addLink({ name: 'left', alias: 'weft:db/left left', kind: 'bridge' });
  const whole = await compared(host, 1_000);
  const parts = await compared(host, 5);
  expect(whole.differences).toHaveLength(4);
  expect([parts.differences, parts.labelled, parts.count]).toEqual([whole.differences, whole.labelled, whole.count]);
  expect(new Set(whole.labelled).size).toBe(whole.count);
  expect(whole.views).toHaveLength(2);
  expect(parts.views.length).toBeGreaterThan(4);
  expect(Math.max(...parts.views)).toBeLessThan(5 + MEMBERS);
});

it('a host in the desired state has no difference in any part', async () => {
  expect((await compared(made(), 5)).differences).toEqual([]);
});
