import type { FeedEvent } from '../page.ts';
import type { CinReference, CinState } from './state.ts';

const subjectPattern = /^hypervisors\/([^/]+)(?:\/([^/]+)(?:\/(.+))?)?$/;

/** Whether an event may tell of a change of the CIN, whose last known state includes these names. */
export function mayConcern(event: FeedEvent, cin: CinReference, { names }: Pick<CinState, 'names'>): boolean {
  if (event.hypervisor !== null && event.hypervisor !== cin.hypervisor) return false;
  const [, hypervisor, kind, name] = subjectPattern.exec(event.subject) ?? [];
  // A request that has parts, or that was done at once, has no resource of its own.
  if (hypervisor === undefined) return event.subject.startsWith('operations/');
  if (hypervisor !== cin.hypervisor) return false;
  if (kind === undefined || name === undefined) return true;
  if (kind === 'cins') return name === cin.name;
  if (kind === 'cens') return names.cens.has(name);
  return kind === 'containers' && names.containers.has(name);
}
