import type { ContainersPeer } from '../../peers/containers.ts';
import type { HostAccess, Resource } from '../resource.ts';
import { commands } from './commands.ts';
import { type Answered, type Call, type CallStep, plan } from './plan.ts';

/** Calls, by the drivers of containers. No part of the host shows an answer: an attempt remembers its own. */
export function callsResource(peer: ContainersPeer): Resource<Call | null, Answered, CallStep> {
  const execute = commands(peer);

  function beginAttempt(): HostAccess<Call | null, Answered, CallStep> {
    let answer: unknown;
    return {
      observe: async () => ({ answer }),
      async apply({ item, call }) {
        answer = await execute(item, call);
      },
    };
  }

  return { ...beginAttempt(), beginAttempt, plan };
}
