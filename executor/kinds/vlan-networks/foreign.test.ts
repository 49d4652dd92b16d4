import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { ForeignNetwork } from '../../../schema/resources/vlan-networks/foreign-note.ts';
import { until } from '../../../test/support/until.ts';
import { ForeignNetworks } from './foreign.ts';
import type { HostNetwork } from './observed.ts';

const theirs: HostNetwork = {
  ...{ uuid: 'theirs', name: 'default', owner: null, generation: null, forward: 'nat', bridge: 'virbr0' },
  ...{ virtualPort: null, vlan: null, isActive: true, isPersistent: true, isAutostarted: false },
};
const ours: HostNetwork = { ...theirs, uuid: 'ours', name: 'a', owner: 'weft:db/x/networks/a' };
const recordedTheirs: ForeignNetwork = {
  ...{ uuid: 'theirs', name: 'default', state: 'active', autostart: false, persistent: true },
  ...{ bridge: 'virbr0', vlan: null },
};

function watched() {
  const state = {
    networks: [theirs],
    recorded: [] as (readonly ForeignNetwork[])[],
    ...{ asked: 0, refused: 0, fails: false, isAway: false },
  };
  const foreign = new ForeignNetworks({
    log: pino({ level: 'silent' }),
    async list() {
      state.asked += 1;
      if (state.isAway) throw new Error('libvirt is away');
      return state.networks;
    },
    async record(networks) {
      if (state.fails) {
        state.refused += 1;
        throw new Error('the database is away');
      }
      state.recorded.push(networks);
    },
  });
  onTestFinished(() => foreign.close());
  return { state, foreign };
}

it('networks without a row are recorded, and again only when they have changed', async () => {
  const { state, foreign } = watched();
  foreign.exclude(['ours']);
  foreign.see([ours, theirs]);
  foreign.see([theirs]);
  await until('they are recorded', () => state.recorded.length > 0);
  foreign.see([{ ...theirs, isActive: false }]);
  await until('they are recorded again', () => state.recorded.length > 1);
  expect(state.recorded).toEqual([[recordedTheirs], [{ ...recordedTheirs, state: 'inactive' }]]);
});

it('one that bears a label and has lost its row is listed, too', async () => {
  const { state, foreign } = watched();
  foreign.see([ours]);
  await until('it is recorded', () => state.recorded.length > 0);
  expect(state.recorded).toMatchObject([[{ name: 'a', uuid: 'ours' }]]);
});

it('what could not be recorded is recorded the next time', async () => {
  const { state, foreign } = watched();
  state.fails = true;
  foreign.see([theirs]);
  await until('it has failed', () => state.refused === 1);
  state.fails = false;
  foreign.see([theirs]);
  await until('it is recorded', () => state.recorded.length > 0);
  expect(state.recorded).toEqual([[recordedTheirs]]);
});

it('after an event they are read, and not while libvirt is away', async () => {
  const { state, foreign } = watched();
  state.isAway = true;
  foreign.changed();
  foreign.changed();
  await until('it was tried', () => state.asked === 1);
  state.isAway = false;
  await until('they are recorded', () => {
    foreign.changed();
    return state.recorded.length > 0;
  });
  expect(state.recorded).toEqual([[recordedTheirs]]);
});
