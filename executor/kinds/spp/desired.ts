import type { ProcessType, SettingCommand, SppCommand } from '../../../schema/api/spp/commands.ts';
import type { ProcessSnapshot } from '../../peers/spp-processes.ts';
import type { Step } from '../resource.ts';

/**
 * What is wanted of one process: that a command has been given to it, or that it has everything which was set on it
 * before. A process obeys commands and has no state that could be written as a whole.
 */
export type SppDesired = CommandDesired | ReplayDesired;

export interface CommandDesired {
  /** Client id; 0: the primary. */
  readonly process: number;
  readonly type: ProcessType;
  readonly command: SppCommand;
  /** From 1. After the first the command may have been given already: then what it does is looked for. */
  readonly attempt: number;
}

/** A command that was taken, and by which type of process: another one may come with its id. */
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
  /** The command was given and the process took it. */
  readonly given: boolean;
  /** What was tried to set again: null, or why it is not there. Once is enough. */
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
        /** With it the command of an operation has been given. */
        readonly last: boolean;
      }
  );
