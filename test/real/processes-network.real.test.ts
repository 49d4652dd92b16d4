import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { addresses } from '../support/addressing.ts';
import { ContainerStage } from '../support/containers/stage.ts';
import { ip } from '../support/host.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

/** Writes what it finds of its network, once, at its start. */
const LOOK = [
  'sh',
  '-c',
  'ip -o -4 addr show | /bin/busybox grep -v 127.0.0.1 > /seen; ip route >> /seen; exec sleep 600',
];

const stage = shared(async () => {
  const made = await ContainerStage.start({ image: { command: LOOK } });
  const cenList = [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }];
  await made.must('POST', '/cen/import', { cenList });
  await made.must('POST', '/cin/import', { net: ['lan'] });
  await made.must('POST', '/cin/make', ['net']);
  await made.must('POST', '/cen/make', ['lan']);
  await made.put('c', { restart: 'always' });
  return made;
});

/** What the process has found at its start: true if that was all of its network. */
async function expectWholeNetwork(name: string, address: string): Promise<void> {
  await until('it has looked', async () => (await stage().inside(name, 'cat /seen')).includes('default'), 5_000);
  const seen = await stage().inside(name, 'cat /seen');
  expect(seen).toContain(`inet ${address}/16`);
  expect(seen).toContain('default via 10.10.0.1');
}

/** Pings from one container to an address all the time; the function ends it and returns what was sent and received. */
function pinging(from: string, address: string): () => Promise<{ sent: number; received: number }> {
  const child = spawn('ip', ['netns', 'exec', from, 'ping', '-q', '-i', '0.01', address], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  return async () => {
    const closed = once(child, 'close');
    child.kill('SIGINT');
    await closed;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(output) ?? [];
    return { sent: Number(sent), received: Number(received) };
  };
}

/** Its links with their indexes, its addresses and the neighbours that it knows. */
function networkOf(name: string): unknown {
  const neighbours: { dst: string; lladdr?: string }[] = JSON.parse(ip('-n', name, '-json', 'neighbour', 'show'));
  return {
    links: ip('-n', name, '-oneline', 'link', 'show').replaceAll(/ state \w+/g, ''),
    addresses: addresses(name),
    neighbours: neighbours.map(({ dst, lladdr }) => `${dst} ${lladdr}`).sort(),
  };
}

/** Another process than this one runs in the container. */
async function untilReplaced(name: string, pid: number): Promise<void> {
  const isReplaced = async () =>
    (await stage()
      .pid(name)
      .catch(() => pid)) !== pid;
  await until(`another process of ${name} runs`, isReplaced);
  await stage().untilState(name, 'running');
}

describe('the network of a container', () => {
  it('is whole when its process starts', () => expectWholeNetwork('c', '10.10.0.12'));

  it('stays when its process is killed and started again: nobody loses a packet', async () => {
    await stage().inside('c', 'ping -c 1 -W 2 10.10.0.10; ping -c 1 -W 2 10.10.0.11; /bin/busybox rm /seen');
    const before = networkOf('c');
    const pid = await stage().pid('c');
    const ends = [pinging('a', '10.10.0.11'), pinging('b', '10.10.0.12')];
    process.kill(pid, 'SIGKILL');
    await untilReplaced('c', pid);
    const counts = await Promise.all(ends.map((end) => end()));
    for (const { sent, received } of counts) {
      expect(sent).toBeGreaterThan(0);
      expect(received).toBe(sent);
    }
    expect(networkOf('c')).toEqual(before);
    await expectWholeNetwork('c', '10.10.0.12');
  });

  it('is made again when its namespace was deleted under the process, which is replaced', async () => {
    const pid = await stage().pid('c');
    await stage().inside('c', '/bin/busybox rm /seen');
    ip('netns', 'delete', 'c');
    await untilReplaced('c', pid);
    await expectWholeNetwork('c', '10.10.0.12');
    await stage().inside('c', 'ping -c 1 -W 2 10.10.0.10');
  });

  it('is whole when the processes of a pool start', async () => {
    const pool = { cpoolID: 'p', type: stage().image, start_with: 3, cins: [{ cinID: 'net' }] };
    await stage().must('POST', '/cpool', { cpoolList: [pool] });
    for (const [index, name] of ['p-1', 'p-2', 'p-3'].entries()) {
      await expectWholeNetwork(name, `10.10.0.${13 + index}`);
    }
    await stage().must('DELETE', '/cpool/p');
  });

  it('is whole when the process starts after a restart of the host', async () => {
    await stage().inside('c', '/bin/busybox rm /seen');
    const pid = await stage().pid('c');
    await stage().reboot();
    await untilReplaced('c', pid);
    await expectWholeNetwork('c', '10.10.0.12');
  });
});
