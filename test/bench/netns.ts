import { type NetnsDriver, openNetnsDriver } from '../../executor/drivers/netns/driver.ts';

/*
 * Times the netns driver on many containers: for each a namespace and a veth into one bridge.
 *
 *   unshare -mn --propagation private sh -c 'mkdir -p /run/netns; mount -t tmpfs none /run/netns;
 *     exec node_modules/.bin/node test/bench/netns.ts [containers]'
 */

const LABEL = 'weft:bench';
const BRIDGE = 'bench0';
const count = Number(process.argv[2] ?? 1000);

function macOf(kind: number, number: number): string {
  const digits = number.toString(16).padStart(6, '0');
  return ['02', kind.toString(16).padStart(2, '0'), '00', ...(digits.match(/../g) ?? [])].join(':');
}

async function timed(what: string, divisor: number, work: () => Promise<void>): Promise<void> {
  const started = performance.now();
  await work();
  const milliseconds = performance.now() - started;
  const each = divisor === 1 ? '' : `, ${(milliseconds / divisor).toFixed(2)} ms each`;
  console.log(`${what.padEnd(42)} ${milliseconds.toFixed(1).padStart(9)} ms${each}`);
}

async function run(driver: NetnsDriver): Promise<void> {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const name = (number: number): string => `bench${number}`;
  const aliases = numbers.map((number) => `${LABEL}/${number}/outer`);
  await timed('create bridge', 1, () =>
    driver.createBridge({ name: BRIDGE, alias: `${LABEL}/bridge`, mac: macOf(0, 0) }),
  );
  await timed(`create ${count} namespaces`, count, async () => {
    for (const number of numbers) await driver.createNamespace({ name: name(number), label: `${LABEL}/${number}` });
  });
  await timed(`create ${count} veths into the bridge, up`, count, async () => {
    for (const number of numbers) await createVeth(driver, number, name(number));
  });
  await timed(`view everything`, 1, async () => {
    await driver.view('all');
  });
  await timed('view the host and one namespace', 1, async () => {
    await driver.view([name(0)]);
  });
  const single = aliases.slice(0, Math.min(10, count));
  await timed(`delete ${single.length} links one by one`, single.length, async () => {
    for (const alias of single) await driver.deleteLinks({ namespace: null, aliases: [alias] });
  });
  const half = aliases.slice(0, Math.ceil(count / 2));
  await timed(`delete ${half.length - single.length} links together`, half.length - single.length, () =>
    driver.deleteLinks({ namespace: null, aliases: half }),
  );
  await timed(`delete ${half.length} namespaces without a veth`, half.length, () =>
    deleteNamespaces(driver, numbers.slice(0, half.length)),
  );
  await timed(`delete ${count - half.length} namespaces with one`, count - half.length, () =>
    deleteNamespaces(driver, numbers.slice(half.length)),
  );

  async function deleteNamespaces(owner: NetnsDriver, some: readonly number[]): Promise<void> {
    for (const number of some) await owner.deleteNamespace({ name: name(number), label: `${LABEL}/${number}` });
  }
}

function createVeth(driver: NetnsDriver, number: number, namespace: string): Promise<void> {
  const outer = { namespace: null, name: `bench0.${number}`, alias: `${LABEL}/${number}/outer`, mac: macOf(1, number) };
  const inner = { namespace, name: 'eth0', alias: `${LABEL}/${number}/inner`, mac: macOf(2, number), up: true };
  return driver.createVeth({ ends: [{ ...outer, bridge: BRIDGE, up: true }, inner] });
}

/** Removes what a run has left, also one that failed half way. */
async function clear(driver: NetnsDriver): Promise<void> {
  const { links, namespaces } = await driver.view('all');
  const aliases = links.flatMap(({ alias }) => (alias?.startsWith(`${LABEL}/`) ? [alias] : []));
  await driver.deleteLinks({ namespace: null, aliases });
  for (const { name, label } of namespaces) {
    if (label?.startsWith(`${LABEL}/`)) await driver.deleteNamespace({ name, label });
  }
}

const driver = await openNetnsDriver();
try {
  await run(driver);
} finally {
  await clear(driver);
  await driver.close();
}
