import type { Power } from '../../../schema/resources/domains/power.ts';
import type { PresentDomain } from './desired.ts';
import type { HostDomain, ObservedDomains } from './observed.ts';
import { afterStop, type StoppedBy } from './states/stopped.ts';

/** What follows of the state in which a domain is found that no operation changes. */
export interface FollowUp {
  /** What is wanted from now on. */
  readonly power: Power;
  /** It is off, and is started. */
  readonly isStarted: boolean;
  /** Who has changed it; null: it is as wanted. */
  readonly by: StoppedBy | null;
}

/** The guest and persons may end, suspend, resume and start a domain: what they do is followed, and a fault is not. */
export function followUp(
  { power: { power }, domain: { autostart }, settings: { onCrash } }: PresentDomain,
  found: HostDomain,
  { isHostGoingDown }: Pick<ObservedDomains, 'isHostGoingDown'>,
): FollowUp {
  const asItWas: FollowUp = { power, isStarted: false, by: null };
  switch (found.state) {
    case 'shut off':
    case 'crashed': {
      if (power === 'shut off') return asItWas;
      const { wanted, isStarted, by } = afterStop({
        reason: found.state === 'crashed' ? 'crashed' : found.reason,
        requestedBy: found.requestedBy,
        ...{ isHostGoingDown, hasHostBooted: !found.hasRun, autostart, onCrash },
      });
      return { power: wanted === 'running' ? power : wanted, isStarted, by };
    }
    case 'paused':
      return found.reason === 'user' && power !== 'paused' ? { ...asItWas, power: 'paused', by: 'person' } : asItWas;
    case 'running':
    case 'idle':
      return power === 'running' ? asItWas : { ...asItWas, power: 'running', by: 'person' };
    default:
      return asItWas;
  }
}
