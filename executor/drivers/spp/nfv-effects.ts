import type { SppCommand } from './commands.ts';
import type { NfvStatus } from './status-nfv.ts';

/* An nfv of 2018 and before echoes every command, executed or not, and some commands crash it. */

/**
 * Why the command must not be sent to an old nfv, because it would crash; null if it may be.
 *
 * @param status read after all earlier commands
 */
export function wouldCrash(command: SppCommand, status: NfvStatus): string | null {
  if (command.kind === 'add-port' && command.port.startsWith('phy:')) {
    return `an nfv of that time crashes when it is given ${command.port}`;
  }
  if (command.kind === 'remove-port' && !status.ports.includes(command.port)) {
    return `it has no port ${command.port}`;
  }
  return null;
}

/** The missing effect of the command in the status after it; null if it was executed. */
export function shortfall(command: SppCommand, status: NfvStatus): string | null {
  switch (command.kind) {
    case 'forward':
      return status.running ? null : 'it did not start to forward';
    case 'stop':
      return status.running ? 'it did not stop' : null;
    case 'add-port':
      return status.ports.includes(command.port) ? null : `it did not add ${command.port}`;
    case 'remove-port':
      return status.ports.includes(command.port) ? `it did not remove ${command.port}` : null;
    case 'reset-patches':
      return status.patches.length === 0 ? null : 'it kept its patches';
    case 'patch': {
      const { source, destination } = command;
      const there = status.patches.some((patch) => patch.source === source && patch.destination === destination);
      return there ? null : `it did not patch ${source} to ${destination}`;
    }
    default:
      return null;
  }
}
