/**
 * Why a domain is off, in virsh's words (virDomainShutoffReason). After libvirtd was away, or missed what happened, it is
 * `unknown`; `daemon`: libvirtd itself ended a domain that it could not connect to again.
 */
export type ShutoffReason =
  | 'unknown'
  | 'shutdown'
  | 'destroyed'
  | 'crashed'
  | 'migrated'
  | 'saved'
  | 'failed'
  | 'from snapshot'
  | 'daemon';

/** What is known of a domain of ours that was to run and is found off. */
export interface Stop {
  /** In virsh's words; one that is not a {@link ShutoffReason} is taken as `unknown`. */
  readonly reason: string;
  /**
   * Who asked QEMU to end (the detail of the event `shutdown`): the guest, or a signal on the host; null if the event was
   * missed, or libvirt does not say.
   */
  readonly requestedBy: 'guest' | 'host' | null;
  /** Whether the host is being shut down or rebooted. */
  readonly isHostGoingDown: boolean;
  /** Whether the host was booted since the domain was last seen running. */
  readonly hasHostBooted: boolean;
  readonly autostart: boolean;
  /** Config `on_crash`. */
  readonly onCrash: 'restart' | 'leave';
}

/** What follows. */
export interface StopDecision {
  /** The power that is wanted from now on. */
  readonly wanted: 'running' | 'shut off';
  /** Whether it is started now: not while the host goes down, although it is wanted to run. */
  readonly isStarted: boolean;
  readonly by: StoppedBy;
  /** For the event: who did it. */
  readonly text: string;
}

export type StoppedBy = 'guest' | 'person' | 'fault' | 'host' | 'unknown';

const reasons: ReadonlySet<string> = new Set<ShutoffReason>([
  ...(['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon'] as const),
]);

const texts: Readonly<Record<ShutoffReason, string>> = {
  unknown: 'libvirt does not know why it is off',
  shutdown: 'the guest powered itself off',
  destroyed: 'somebody destroyed it with another program than weft',
  crashed: 'the guest crashed, or its QEMU died',
  migrated: 'somebody migrated it to another host',
  saved: 'somebody saved it to disk',
  failed: 'it failed to start',
  'from snapshot': 'somebody reverted it to a snapshot in which it was off',
  daemon: 'libvirtd ended it when it could not connect to its QEMU again',
};

/**
 * Whether a domain that was to run and is off stays so, is started again, or, if nothing is known, is as it was before.
 *
 * What stops with the host is nobody's wish: neither while it goes down, nor afterwards, whatever the reason. QEMU ends at a
 * signal with the reason `shutdown`, as if the guest had asked for it.
 */
export function afterStop(stop: Stop): StopDecision {
  const { isHostGoingDown, hasHostBooted, autostart } = stop;
  if (isHostGoingDown) {
    return { wanted: 'running', isStarted: false, by: 'host', text: 'the host is going down' };
  }
  if (hasHostBooted) {
    const text = autostart ? 'the host was booted' : 'the host was booted, and autostart is false';
    return decision(autostart, 'host', text);
  }
  const reason = reasonOf(stop.reason);
  const isSignalled = reason === 'shutdown' && stop.requestedBy === 'host';
  const by = isSignalled ? 'fault' : byReason(reason);
  return decision(isRunning(by, stop), by, isSignalled ? 'its QEMU was ended by a signal' : texts[reason]);
}

function decision(isStarted: boolean, by: StoppedBy, text: string): StopDecision {
  return { wanted: isStarted ? 'running' : 'shut off', isStarted, by, text };
}

function reasonOf(word: string): ShutoffReason {
  return isReason(word) ? word : 'unknown';
}

function isReason(word: string): word is ShutoffReason {
  return reasons.has(word);
}

function byReason(reason: ShutoffReason): StoppedBy {
  switch (reason) {
    case 'shutdown':
      return 'guest';
    case 'destroyed':
    case 'migrated':
    case 'saved':
    case 'from snapshot':
      return 'person';
    case 'crashed':
    case 'failed':
    case 'daemon':
      return 'fault';
    case 'unknown':
      return 'unknown';
  }
}

function isRunning(by: StoppedBy, { onCrash }: Stop): boolean {
  return by === 'unknown' || (by === 'fault' && onCrash === 'restart');
}
