/** States of domains in virsh's words, by virDomainState. */
const STATES = ['no state', 'running', 'idle', 'paused', 'in shutdown', 'shut off', 'crashed', 'pmsuspended'] as const;

export type DomainState = (typeof STATES)[number];

/** Why a domain is in its state, in virsh's words, by virDomain…Reason of the state. */
const REASONS: Readonly<Record<DomainState, readonly string[]>> = {
  'no state': ['unknown'],
  running: [
    ...['unknown', 'booted', 'migrated', 'restored', 'from snapshot', 'unpaused', 'migration canceled'],
    ...['save canceled', 'event wakeup', 'crashed', 'post-copy', 'post-copy failed'],
  ],
  idle: ['unknown'],
  paused: [
    ...['unknown', 'user', 'migrating', 'saving', 'dumping', 'I/O error', 'watchdog', 'from snapshot'],
    ...['shutting down', 'creating snapshot', 'crashed', 'starting up', 'post-copy', 'post-copy failed'],
  ],
  'in shutdown': ['unknown', 'user'],
  'shut off': [
    ...['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon'],
  ],
  crashed: ['unknown', 'panicked'],
  pmsuspended: ['unknown'],
};

/** States in which there is a process of the hypervisor. */
const ACTIVE: ReadonlySet<DomainState> = new Set(['running', 'idle', 'paused', 'in shutdown', 'pmsuspended']);

/** A number that a later libvirt has added is `no state`, as in virsh. */
export function stateWord(number: number): DomainState {
  return STATES[number] ?? 'no state';
}

export function reasonWord(state: DomainState, number: number): string {
  return REASONS[state][number] ?? 'unknown';
}

/** Whether a domain in this state has a process. */
export function isActive(state: DomainState): boolean {
  return ACTIVE.has(state);
}

/** Lifecycle events, and their details, by virDomainEventType and virDomainEvent…DetailType. */
const LIFECYCLE = [
  ['defined', ['added', 'updated', 'renamed', 'snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'snapshot', 'event wakeup']],
  [
    'suspended',
    [
      ...['paused', 'migrated', 'I/O error', 'watchdog', 'restored', 'snapshot', 'API error'],
      ...['post-copy', 'post-copy error'],
    ],
  ],
  ['resumed', ['unpaused', 'migrated', 'snapshot', 'post-copy', 'post-copy error']],
  ['stopped', ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'snapshot']],
  ['shutdown', ['finished', 'finished after guest request', 'finished after host request']],
  ['pmsuspended', ['memory', 'disk']],
  ['crashed', ['panicked', 'crashloaded']],
] as const;

export type LifecycleEvent = (typeof LIFECYCLE)[number][0];

/** Null: an event that a later libvirt has added. */
export function lifecycleWords(event: number, detail: number): { event: LifecycleEvent; detail: string } | null {
  const entry = LIFECYCLE[event];
  if (entry === undefined) return null;
  const [word, details] = entry;
  const texts: readonly string[] = details;
  return { event: word, detail: texts[detail] ?? 'unknown' };
}
