import { expect, it } from 'vitest';
import { surviveEveryKill } from './killing.ts';
import places from './places.json' with { type: 'json' };
import { images } from './scenarios/images.ts';
import { network } from './scenarios/network.ts';
import { spp } from './scenarios/spp.ts';

/* One scenario of each driver whose process is killed; `npm run faults` runs all of them. */

it.each([
  ['network', 'create a container', network['create a container'], places.network['create a container']],
  ['images', 'pull an image', images['pull an image'], places.images['pull an image']],
  ['spp', 'start a component', spp['start a component'], places.spp['start a component']],
])(
  'killed at each step and started again, %s: %s ends in the same state as without a kill',
  async (_group, _name, scenario, listed) => {
    if (!scenario) throw new Error('there is no such scenario');
    expect([...(await surviveEveryKill(scenario))].sort()).toEqual(listed);
  },
);
