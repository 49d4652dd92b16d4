import { type Associations, associate } from '../../support/associations.ts';
import { ip } from '../../support/host.ts';
import { until } from '../../support/until.ts';
import { type Act, nothing, type Scenarios } from '../scenario.ts';

const associating =
  (associations: Associations): Act =>
  (weft) =>
    associate(weft, associations);
const made = associating({ 1: 'br1', 2: 'br2' });
/** A foreign bridge has the name. */
const occupied: Act = async () => {
  ip('link', 'add', 'br1', 'address', '02:00:00:00:00:01', 'type', 'bridge');
  ip('link', 'set', 'br1', 'alias', 'weft:00000000-0000-4000-8000-000000000000/x br1');
};
/** A manual change of a bridge, until its repair has ended. */
const byHand =
  (...change: readonly string[]): Act =>
  async (weft) => {
    ip('link', 'set', ...change);
    const repaired = "SELECT 1 FROM operations WHERE kind = 'bridges.repair' AND finished_ms IS NOT NULL";
    await until('it is repaired', async () => weft.hasEnded || (await weft.sql(repaired)).length > 0);
  };

export const bridgesRows = ["SELECT 'interface', json_array(subnet, interface, state, error) FROM subnet_interfaces"];

export const bridges: Scenarios = {
  'make two': { prepare: nothing, act: made },
  'remove one': { prepare: made, act: associating({ 1: null }) },
  'change one for another': { prepare: made, act: associating({ 1: 'br3' }) },
  'make two, one of which cannot be': { prepare: occupied, act: made },
  'repair of one that is down': { prepare: made, act: byHand('br1', 'down') },
  'repair of a name': { prepare: made, act: byHand('br1', 'name', 'other') },
  'remove all': { prepare: made, act: associating({ 1: null, 2: null }) },
};
