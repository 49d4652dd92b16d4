import { afterAll, describe, expect, it } from 'vitest';
import { type Associations, associate } from '../support/associations.ts';
import { ip } from '../support/host.ts';
import { until } from '../support/until.ts';
import { type Act, surviveEveryKill } from './harness.ts';

const associating =
  (associations: Associations): Act =>
  (weft) =>
    associate(weft, associations);
const nothing: Act = async () => undefined;
const made = associating({ 1: 'br1', 2: 'br2' });
/** Something of somebody else's has the name. */
const occupied: Act = async () => {
  ip('link', 'add', 'br1', 'address', '02:00:00:00:00:01', 'type', 'bridge');
  ip('link', 'set', 'br1', 'alias', 'weft:00000000-0000-4000-8000-000000000000/x br1');
};
/** What a hand does to a bridge, until its repair has ended or the process has. */
const byHand =
  (...change: readonly string[]): Act =>
  async (weft) => {
    ip('link', 'set', ...change);
    const repaired = "SELECT 1 FROM operations WHERE kind = 'bridges.repair' AND finished_ms IS NOT NULL";
    await until('it is repaired', async () => weft.child.signalCode !== null || (await weft.sql(repaired)).length > 0);
  };
const makes = ['bridge.create:before', 'bridge.create:after'];
const removes = ['bridges.delete:before', 'bridges.delete:after'];

let kills = 0;
afterAll(() => console.log(`note: killed at ${kills} places`));

describe('killed at each step, and started again, host and database end as if nothing had happened:', () => {
  it.each<[string, Act, Act, string[]]>([
    ['make two', nothing, made, makes],
    ['remove one', made, associating({ 1: null }), removes],
    ['change one for another', made, associating({ 1: 'br3' }), [...makes, ...removes]],
    ['make two, one of which cannot be', occupied, made, makes],
    ['repair of one that is down', made, byHand('br1', 'down'), ['bridge.enable:before', 'bridge.enable:after']],
    ['repair of a name', made, byHand('br1', 'name', 'other'), ['bridge.rename:before', 'bridge.rename:after']],
    ['remove all', made, associating({ 1: null, 2: null }), removes],
  ])('%s', async (_name, prepare, act, expected) => {
    const places = await surviveEveryKill({ prepare, act });
    expect(places).toEqual(expected);
    kills += places.length;
  });
});
