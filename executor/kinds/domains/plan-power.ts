import { Problem } from '../../../schema/problem.ts';
import { isActive } from '../../drivers/libvirt/driver.ts';
import type { DomainStep, PresentDomain } from './desired.ts';
import { followUp } from './follow-up.ts';
import type { HostDomain, ObservedDomains } from './observed.ts';

type PowerStepName =
  | 'domain.start'
  | 'domain.suspend'
  | 'domain.resume'
  | 'domain.reboot'
  | 'domain.reset'
  | 'domain.destroy';

/** For a domain that has just been defined. */
export function planStart({ domain, power: { power } }: PresentDomain): DomainStep[] {
  const step = (name: PowerStepName): DomainStep => ({ name, item: domain.name, id: domain.id });
  switch (power) {
    case 'running':
      return [step('domain.start')];
    case 'paused':
      return [step('domain.start'), step('domain.suspend')];
    case 'shut off':
      return [];
  }
}

export function planPower(desired: PresentDomain, found: HostDomain, observed: ObservedDomains): DomainStep[] {
  if (desired.power.is === 'asked') return planRequest(desired, found, observed);
  const { power, isStarted } = followUp(desired, found, observed);
  return isStarted ? planStart({ ...desired, power: { ...desired.power, power } }) : [];
}

/** What a request asks for is done once: what the guest does then is its own affair. */
function planRequest(desired: PresentDomain, found: HostDomain, { taken }: ObservedDomains): DomainStep[] {
  const { domain, power, settings } = desired;
  const one = { item: domain.name, id: domain.id };
  const once = (name: PowerStepName): DomainStep[] => (taken.has(name) ? [] : [{ name, ...one }]);
  const isOff = !isActive(found.state);
  const action = power.is === 'asked' ? power.action : null;
  if (action === 'reboot' || action === 'reset') {
    if (isOff) throw isOffNow(domain.name, action);
    return once(`domain.${action}`);
  }
  switch (power.power) {
    case 'running':
      if (isOff) return once('domain.start');
      return found.state === 'paused' ? once('domain.resume') : [];
    case 'paused':
      if (isOff) throw isOffNow(domain.name, 'suspend');
      return found.state === 'paused' ? [] : once('domain.suspend');
    case 'shut off':
      if (isOff) return [];
      return action === 'shutdown'
        ? [{ name: 'domain.shutdown', ...one, timeoutMs: settings.shutdownTimeoutMs }]
        : [{ name: 'domain.destroy', ...one }];
  }
}

function isOffNow(name: string, action: string): Problem {
  return new Problem('conflict', `Host ${name} is off by now: ${action} is for one that is not`, {
    step: `domain.${action}`,
  });
}
