import type { MachineOptions, ProcessType } from '../machines.ts';

/*
 * Which of the recorded lines belong to one process. The recording contains each exchange of a process type and era
 * once: a later run that repeated commands of an earlier one added only new exchanges. So a run is its lines, and
 * between them, as text, the commands that it must have sent but that are recorded elsewhere.
 */

export interface Session {
  readonly name: string;
  readonly process: ProcessType;
  readonly options: MachineOptions;
  /** Lines of the recording, counted from 1, and commands that are recorded at another line. */
  readonly steps: readonly (number | string)[];
}

/** Lines that no stand-in can answer as recorded, each with the reason. */
export const SET_ASIDE: Readonly<Record<number, string>> = {
  52: 'a vf of a broken build crashed here; line 53 has the same command answered',
};

function lines(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const SEED_VF = { era: 'seed-18.05', clientId: 2, cores: [2, 3, 4] } as const;
const NEW_VF = { era: '2020', clientId: 2, cores: [2, 3, 4] } as const;

const START_CLASSIFIER = 'component start cls1 2 classifier_mac';
const OTHERS = ['component start fwd1 3 forward', 'component start mrg1 4 merge'];
const FORWARD_PORTS = ['port add ring:0 rx fwd1', 'port add ring:1 tx fwd1'];
const CLASSIFIER_PORTS = [
  'port add ring:6 rx cls1',
  'port add ring:2 tx cls1 add_vlantag 677 3',
  'port add ring:3 tx cls1 del_vlantag',
];
const ENTRY = 'classifier_table add mac FA:16:3E:7D:CC:35 ring:2';

const SEED: readonly Session[] = [
  {
    name: 'a vf from its start to its first ports',
    process: 'vf',
    options: SEED_VF,
    steps: lines(8, 24),
  },
  {
    name: 'a vf with all ports, whose forwarder is then spoilt by a second receiving port',
    process: 'vf',
    options: SEED_VF,
    steps: [START_CLASSIFIER, ...OTHERS, 'component start fwd3 3 forward', ...FORWARD_PORTS, ...lines(35, 51)],
  },
  {
    name: 'a vf with a classifier alone',
    process: 'vf',
    options: SEED_VF,
    steps: [START_CLASSIFIER, ...CLASSIFIER_PORTS, 53, 54],
  },
  {
    name: 'a vf that fails at a vhost and then at everything',
    process: 'vf',
    options: { ...SEED_VF, staleVhosts: [3] },
    steps: [
      START_CLASSIFIER,
      ...OTHERS,
      'component start fwd3 3 forward',
      ...FORWARD_PORTS,
      ...CLASSIFIER_PORTS,
      'port add ring:4 rx mrg1',
      ...lines(56, 76),
    ],
  },
  {
    name: 'a vf with a table, emptied again, and then with a NUL in its buffer',
    process: 'vf',
    options: SEED_VF,
    steps: [
      218,
      START_CLASSIFIER,
      ...OTHERS,
      ...FORWARD_PORTS,
      ...CLASSIFIER_PORTS,
      ENTRY,
      ...lines(77, 87),
      ...lines(235, 257),
    ],
  },
  { name: 'a vf that hangs', process: 'vf', options: SEED_VF, steps: lines(258, 276) },
  {
    name: 'a vf with all ways to write an address, and with a spoilt forwarder that is stopped',
    process: 'vf',
    options: SEED_VF,
    steps: [
      START_CLASSIFIER,
      'port add ring:6 rx cls1',
      ...lines(308, 327),
      // The same address for two ports: the recorded status after it has only the second.
      ENTRY,
      ...lines(328, 332),
      'component stop cls1',
      ...lines(333, 343),
    ],
  },
  { name: 'an nfv that crashes at a physical port', process: 'nfv', options: nfv('seed-18.05'), steps: lines(1, 5) },
  {
    name: 'an nfv with patches, which crashes at a port that it has not',
    process: 'nfv',
    options: nfv('seed-18.05'),
    steps: ['add ring 0', ...lines(25, 34)],
  },
  {
    name: 'an nfv with odd commands',
    process: 'nfv',
    options: nfv('seed-18.05'),
    steps: [55, 217, ...lines(223, 234), 344],
  },
  { name: 'a primary', process: 'primary', options: { era: 'seed-18.05', clientId: 0 }, steps: [6, 7, 345] },
  {
    name: 'a primary that crashes at a blank',
    process: 'primary',
    options: { era: 'seed-18.05', clientId: 0 },
    steps: lines(219, 222),
  },
];

const BETWEEN: readonly Session[] = [
  {
    name: 'a vf',
    process: 'vf',
    options: { ...SEED_VF, era: '2018-10' },
    steps: [278, 299, 300],
  },
  {
    name: 'an nfv that crashes at a physical port',
    process: 'nfv',
    options: nfv('2018-10'),
    steps: [277, ...lines(284, 298), 301],
  },
  {
    name: 'a primary',
    process: 'primary',
    options: { era: '2018-10', clientId: 0, phyAddresses: ['9e:24:a1:12:87:54', '9a:3e:b1:08:80:cc'] },
    steps: lines(279, 283),
  },
];

const NEW: readonly Session[] = [
  {
    name: 'a vf from its start to its end',
    process: 'vf',
    options: NEW_VF,
    steps: [302, 89, ...lines(91, 149), 212],
  },
  {
    name: 'a vf with all ways to write an address, and with a refused port',
    process: 'vf',
    options: NEW_VF,
    steps: [
      'component start cls1 2 classifier',
      ...lines(346, 366),
      ENTRY,
      ...lines(367, 370),
      'component stop cls1',
      ...lines(371, 381),
    ],
  },
  { name: 'a vf with the id of an nfv', process: 'vf', options: { ...NEW_VF, clientId: 1 }, steps: [306] },
  {
    name: 'a mirror',
    process: 'mirror',
    options: { era: '2020', clientId: 3, cores: [5] },
    steps: [303, 90, ...lines(189, 197), 202, 213],
  },
  {
    name: 'a pcap',
    process: 'pcap',
    options: { era: '2020', clientId: 4, cores: [6, 7], captureTime: '20261121030434' },
    steps: [304, ...lines(198, 201), 214],
  },
  {
    name: 'an nfv that forgets its first port',
    process: 'nfv',
    options: nfv('2020'),
    steps: [305, 88, ...lines(150, 171)],
  },
  {
    name: 'an nfv with patches',
    process: 'nfv',
    options: nfv('2020'),
    steps: [...lines(203, 209), 'forward', 210, 'stop', 'patch reset', 211, 215],
  },
  { name: 'an nfv with the id 0', process: 'nfv', options: { ...nfv('2020'), clientId: 0 }, steps: [307] },
  {
    name: 'a primary',
    process: 'primary',
    options: { era: '2020', clientId: 0, phyAddresses: ['8e:36:b9:40:eb:55', '4e:61:96:78:34:42'] },
    steps: [...lines(172, 188), 216],
  },
];

function nfv(era: MachineOptions['era']): MachineOptions {
  return { era, clientId: 1, cores: [1] };
}

export const SESSIONS: readonly Session[] = [...SEED, ...BETWEEN, ...NEW];
