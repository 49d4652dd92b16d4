import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Weft } from '../support/weft.ts';
import { examples } from './hypervisors-example.ts';

const run = promisify(execFile);
const MEMBERS = ['id', 'metadata', 'ip', 'netmask', 'gateway', 'mac', 'total_resources', 'available_resources'];

/** Runs a command of the document against the server, as a shell would. */
async function shell(weft: Weft, command: string): Promise<{ status: number; body: unknown }> {
  const here = command
    .replace('http://localhost:17000', weft.url)
    .replace('curl', "curl --silent -w '\\n%{http_code}'");
  const { stdout } = await run('bash', ['-c', here]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) };
}

/** Without our own members. */
function asDocumented(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('total_resources' in body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([member]) => MEMBERS.includes(member)));
}

describe('the document’s examples', () => {
  it('are answered as written', async () => {
    const weft = await Weft.start();
    for (const { command, status, body } of examples) {
      const answer = await shell(weft, command);
      expect({ command, status: answer.status, body: asDocumented(answer.body) }).toEqual({ command, status, body });
    }
    const list = await shell(weft, 'curl http://localhost:17000/hypervisors');
    expect(list.status).toBe(200);
    expect(list.body).toEqual([expect.objectContaining({ name: 'host1', metadata: {}, ip: '', mac: '' })]);
    expect(Object.keys((list.body as object[])[0] ?? {}).slice(0, MEMBERS.length)).toEqual(MEMBERS);
  });

  it('are answered with ids in upper case, slashes at the end, and whatever type of content', async () => {
    const weft = await Weft.start();
    for (const { command, status, body } of examples) {
      const shouted = command
        .replaceAll('abcd1234-abcd-1234-abcd-1234abcd1234', 'ABCD1234-ABCD-1234-ABCD-1234ABCD1234')
        .replaceAll('c6430cba-648a-41aa-aee4-b59dacfc790d', 'C6430CBA-648a-41AA-aee4-b59dacfc790d')
        .replace(/(http:\S+)/, '$1/');
      const answer = await shell(weft, shouted.replace('curl', "curl -H 'Content-Type: text/plain'"));
      expect({ shouted, status: answer.status, body: asDocumented(answer.body) }).toEqual({ shouted, status, body });
    }
  });
});
