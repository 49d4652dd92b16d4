import type { ProcessType, SettingCommand, SppCommand } from '../../../schema/api/spp/commands.ts';
import type { ProcessSnapshot } from '../../peers/spp-processes.ts';
import type { Step } from '../resource.ts';

/**
 * The desired state of one process: that a command has been sent to it, or that it has everything that was set on it
 * before. A process executes commands and has no state that could be written as a whole.
 */
export type SppDesired = CommandDesired | ReplayDesired;

export interface CommandDesired {
  /** Client id; 0: the primary. */
  readonly process: number;
  readonly type: ProcessType;
  readonly command: SppCommand;
  /** Starts with 1. From the second on the command may have been sent already: then its effect is searched for. */
  readonly attempt: number;
}

/** A command that was accepted, and the type of the process: another type may connect with its id. */
export interface SetItem {
  readonly type: ProcessType;
  readonly command: SettingCommand;
}

export interface ReplayDesired {
  readonly process: number;
  readonly items: readonly SetItem[];
}

export interface SppObserved {
  readonly processes: ReadonlyMap<number, ProcessSnapshot>;
  /** The command was sent and the process accepted it. */
  readonly given: boolean;
  /** The commands that were replayed: null, or why their effect is missing. Each is tried once. */
  readonly tried: ReadonlyMap<SettingCommand, string | null>;
}

interface ProcessStep extends Step {
  readonly process: number;
}

export type SppStep = ProcessStep &
  (
    | { readonly purpose: 'replay'; readonly command: SettingCommand }
    | {
        readonly purpose: 'command';
        readonly command: SppCommand;
        /** The last step of the operation's command. */
        readonly last: boolean;
      }
  );
