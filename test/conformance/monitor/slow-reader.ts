import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import type { MonitorStage } from './stage.ts';

const CONTAINERS = 200;
/** In all more than the kernel keeps for a connection and 16 MiB, … */
const MESSAGE_BYTES = 4_000_000;
/** … and not more reads than a Worker's budget. */
const TURNS = 7;

/** A tag with which one message about all of the containers has about as many bytes. */
const tagOf = (bytes: number, letter: string) => letter.repeat(bytes / CONTAINERS);

/** What becomes of a client that does not read. */
export function slowReaderTests(stage: () => MonitorStage): void {
  // Compressed, it would be little that a slow one does not read.
  const connect = () => stage().connect(undefined, {}, { perMessageDeflate: false });

  async function containers() {
    const rows = await stage().cin();
    const names = Array.from({ length: CONTAINERS }, (_, index) => `c${index}`);
    await rows.add(names);
    return { rows, names };
  }

  it('drops a client that reads too slowly with 1013, and one that reads as much in time goes on', async () => {
    const { rows, names } = await containers();
    const [slow, other] = [await connect(), await connect()];
    for (const client of [slow, other]) await client.start({ cinID: rows.cin });
    slow.socket.pause();
    for (let turn = 1; turn <= TURNS; turn += 1) {
      await rows.tag(tagOf(MESSAGE_BYTES, `${turn}`), ...names);
      await other.untilTold(turn * names.length);
    }
    slow.socket.resume();
    await until('the slow one is dropped', () => slow.closed !== undefined);
    expect(slow.closed).toBe(1013);
    expect(slow.messages.length).toBeLessThan(1 + TURNS);
    await rows.add(['late']);
    expect(await other.untilTold(TURNS * names.length + 1)).toHaveLength(TURNS * names.length + 1);
  });

  it('does not drop a client that reads, whose monitors are told of 8 MB at once', async () => {
    const { rows, names } = await containers();
    const client = await connect();
    const starts = Array.from({ length: 20 }, () => client.start({ cinID: rows.cin }));
    await Promise.all(starts);
    await rows.tag(tagOf(400_000, 'x'), ...names);
    await until(
      'all are told',
      () => client.closed !== undefined || client.told().length === starts.length * CONTAINERS,
    );
    expect(client.closed).toBeUndefined();
  });
}
