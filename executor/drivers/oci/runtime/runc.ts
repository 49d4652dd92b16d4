import { execFile } from 'node:child_process';
import { missingProgram } from '../host-programs.ts';
import { RuntimeError } from './errors.ts';
import { plainWords } from './plain-words.ts';

export interface RuncCall {
  readonly program: string;
  /** Where runc keeps its state. */
  readonly root: string;
  readonly words: readonly string[];
  readonly deadlineMs: number;
  /** For errors: what is being done, with the name of the owner. */
  readonly action: string;
}

/** @throws RuntimeError `refused` with runc's words; `away` after the deadline */
export function callRunc({ program, root, words, deadlineMs, action }: RuncCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['--root', root, ...words], (cause, _output, complaint) => {
      clearTimeout(timer);
      if (cause === null) resolve();
      else if (cause.code === 'ENOENT')
        reject(new RuntimeError('missing_program', action, missingProgram('runc'), { cause }));
      else reject(new RuntimeError('refused', action, plainWords(complaint) || cause.message, { cause }));
    });
    // A process that waits for a disk does not end when killed: nobody waits for its end.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new RuntimeError('away', action, `runc ${words[0]} did not end within ${deadlineMs} ms`));
    }, deadlineMs);
  });
}
