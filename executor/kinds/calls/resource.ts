import type { ContainersPeer } from '../../peers/containers.ts';
import type { HostAccess, Resource } from '../resource.ts';
import { commands } from './commands.ts';
import { logs } from './logs.ts';
import { type Answered, type Call, type CallStep, plan } from './plan.ts';

/** Calls, by the drivers of containers. No part of the host shows an answer: an attempt remembers its own. */
export function callsResource(peer: ContainersPeer): Resource<Call | null, Answered, CallStep> {
  const [execute, readLog] = [commands(peer), logs(peer)];

  function beginAttempt(): HostAccess<Call | null, Answered, CallStep> {
    let answer: unknown;
    return {
      observe: async () => ({ answer }),
      async apply({ name, item, call }) {
        answer = await (name === 'log.read' ? readLog : execute)(item, call);
      },
    };
  }

  return { ...beginAttempt(), beginAttempt, plan };
}
