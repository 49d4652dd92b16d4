/** A disk that libvirt says has failed. */
export interface DiskError {
  /** Its unit, or what else tells it from the others. */
  readonly disk: string;
  readonly path: string | null;
  /** In libvirt's words, of the event (`enospc`, `eio`, `eperm`, …) or of virDomainGetDiskErrors (`no space`). */
  readonly reason: string;
}

/** What is known of a domain of ours that is found paused. */
export interface Pause {
  /** In virsh's words (virDomainPausedReason): `user`, `I/O error`, … */
  readonly reason: string;
  readonly diskErrors: readonly DiskError[];
  /** Whether weft was asked to suspend it. */
  readonly isWanted: boolean;
}

export interface PauseDecision {
  /** For `error` of the host; null if there is none. */
  readonly error: string | null;
  /** Whether it is resumed by itself: only what the host's full disk has stopped. */
  readonly isResumed: 'once there is space' | 'never';
}

/**
 * Why a domain is paused. A guest whose write found no space waits, with nothing lost, and goes on when it is resumed;
 * what a person suspended stays so, and what another error of a disk has stopped needs a person.
 */
export function afterPause({ reason, diskErrors, isWanted }: Pause): PauseDecision {
  if (isWanted || reason === 'user') return { error: null, isResumed: 'never' };
  if (reason !== 'I/O error') {
    const isPassing = passing.has(reason);
    return { error: isPassing ? null : `paused by libvirt: ${reason}`, isResumed: 'never' };
  }
  const full = diskErrors.filter(isOutOfSpace);
  if (diskErrors.length > 0 && full.length === diskErrors.length) {
    const detail = 'ENOSPC, no space left on the host; it is resumed once there is';
    return { error: `${listed(full)}: ${detail}`, isResumed: 'once there is space' };
  }
  const broken = diskErrors.filter((error) => !isOutOfSpace(error));
  const words = broken.map((error) => `${listed([error])}: ${error.reason === '' ? 'I/O error' : error.reason}`);
  return { error: words.length === 0 ? 'a disk: I/O error' : words.join('; '), isResumed: 'never' };
}

/** What libvirt does for somebody else, and then ends by itself. */
const passing: ReadonlySet<string> = new Set([
  ...['migrating', 'saving', 'dumping', 'creating snapshot', 'starting up', 'shutting down', 'post-copy'],
]);

function isOutOfSpace({ reason }: DiskError): boolean {
  return reason === 'enospc' || reason === 'no space';
}

function listed(errors: readonly DiskError[]): string {
  return errors.map(({ disk, path }) => `disk ${disk}${path === null ? '' : ` (${path})`}`).join(', ');
}
