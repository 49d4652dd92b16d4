import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ip, refusalOf, Workbench } from '../../../test/support/netns-workbench.ts';
import { failureOf } from '../../loop/failure.ts';

const LABEL = 'weft:test/limits';

/** Creates namespaces until one is refused, tries again after deleting one, and prints both refusals. */
const fill = `
  import { openNetnsDriver } from ${JSON.stringify(fileURLToPath(new URL('./driver.ts', import.meta.url)))};
  const driver = await openNetnsDriver();
  const request = (number) => ({ name: 'n' + number, label: '${LABEL}/' + number });
  const refusal = async (call) => call.then(() => null, (error) => error.toFields());
  const refusals = [];
  const fillUp = async () => {
    for (let number = 0; ; number += 1) {
      const refused = await refusal(driver.createNamespace(request(number)));
      if (refused !== null) return refused;
    }
  };
  refusals.push(await fillUp());
  await driver.deleteNamespace(request(0));
  // As many again: one more than the limit, a moment after one was deleted.
  refusals.push(await fillUp());
  const { namespaces } = await driver.view('all');
  for (const { name, label } of namespaces) await driver.deleteNamespace({ name, label });
  await driver.close();
  console.log(JSON.stringify(refusals));`;

/** Runs a program with a limit of 4, in a user namespace of its own. */
function runWithFewNamespaces(program: string): string {
  const enter = 'mount -t tmpfs tmpfs /run && echo 4 > /proc/sys/user/max_net_namespaces && exec "$@"';
  const node = [process.execPath, '--input-type=module', '--eval', program];
  const unshare = ['--user', '--map-root-user', '--mount', '--net', 'sh', '-c', enter, 'sh', ...node];
  return execFileSync('unshare', unshare, { encoding: 'utf8' });
}

test('of namespaces is named; shortly after a deletion it is temporary', () => {
  const [first, second] = JSON.parse(runWithFewNamespaces(fill));
  const detail = "the kernel's limit user.max_net_namespaces (4) is reached";
  expect(first).toMatchObject({ code: 'limit', detail, errno: 'ENOSPC', transient: false });
  expect(second).toMatchObject({ code: 'limit', detail, transient: true });
});

test('of ports of a bridge is named, and the pair beyond it is removed again', async () => {
  const bench = await Workbench.open(LABEL);
  onTestFinished(async () => {
    ip('link', 'delete', 'group', '7', 'type', 'veth');
    await bench.clear();
    await bench.close();
  });
  await bench.makeBridge('full');
  const pairs = Array.from({ length: 512 }, (_, number) => number);
  const commands = pairs.flatMap((number) => [
    `link add a${number} group 7 master full type veth peer name b${number}`,
    ...(number === 0 ? [] : [`link set b${number} master full`]),
  ]);
  execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') });
  await bench.makeNamespaces('last');
  const error = await refusalOf(
    bench.driver.createVeth({ ends: [bench.end(null, 'port', 1, 'full'), bench.end('last', 'eth0', 2)] }),
  );
  expect(error).toMatchObject({ code: 'limit', errno: 'EXFULL', transient: false });
  expect(error.message).toContain("the kernel's limit of 1,023 ports a bridge is reached");
  expect(failureOf(error)).toMatchObject({ problem: { code: 'impossible', status: 422 }, transient: false });
  expect(ip('link', 'show')).not.toMatch(/ port[@:]/);
});
