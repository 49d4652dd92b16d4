import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import type { MonitorStage } from './stage.ts';

const CONTAINERS = 200;
/** A message is 1.5 MB: one may wait for its client, two may not. */
const TAG_LENGTH = 7_500;
/** More than the kernel keeps for a connection, and fewer reads than a Worker's budget. */
const TURNS = 6;

/** What becomes of a client that does not read. */
export function slowReaderTests(stage: () => MonitorStage): void {
  it('drops a client that reads too slowly with 1013, and one that reads as much in time goes on', async () => {
    const rows = await stage().cin();
    const names = Array.from({ length: CONTAINERS }, (_, index) => `c${index}`);
    await rows.add(names);
    // Compressed, it would be little that the slow one does not read.
    const connect = () => stage().connect(undefined, {}, { perMessageDeflate: false });
    const [slow, other] = [await connect(), await connect()];
    for (const client of [slow, other]) await client.start({ cinID: rows.cin });
    slow.socket.pause();
    for (let turn = 1; turn <= TURNS; turn += 1) {
      await rows.tag(`${turn}`.repeat(TAG_LENGTH), ...names);
      await other.untilTold(turn * names.length);
    }
    slow.socket.resume();
    await until('the slow one is dropped', () => slow.closed !== undefined);
    expect(slow.closed).toBe(1013);
    expect(slow.messages.length).toBeLessThan(1 + TURNS);
    await rows.add(['late']);
    expect(await other.untilTold(TURNS * names.length + 1)).toHaveLength(TURNS * names.length + 1);
  });
}
