import { parseArgs } from 'node:util';
import { startNfv, startPrimary, startVf } from './process.ts';

/*
 * Stand-ins written from recorded facts, for trying weft's spp dialect without DPDK: a primary, the vf 1 and the nfv 2,
 * which connect to 127.0.0.1:5555 and 127.0.0.1:6666 until they are ended. `--era seed-18.05`, `2018-10` or `2020`.
 */

const eras = ['seed-18.05', '2018-10', '2020'] as const;
const { values } = parseArgs({ options: { era: { type: 'string', default: '2020' } } });
const era = eras.find((each) => each === values.era);
if (era === undefined) {
  console.error(`--era must be one of ${eras.join(', ')}`);
  process.exit(2);
}

const processes = [
  startPrimary({ era, port: 5555, clientId: 0 }),
  startVf({ era, port: 6666, clientId: 1, cores: [2, 3, 4, 5] }),
  startNfv({ era, port: 6666, clientId: 2 }),
];
await Promise.all(processes.map((each) => each.identified()));
console.log(`connected: stand-ins of a primary, vf 1 and nfv 2 of ${era}; end them with Ctrl-C`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void Promise.all(processes.map((each) => each.close())));
}
