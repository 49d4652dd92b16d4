import { spawn } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchDirectories } from '../setup/host-packages.mjs';
import { bootSector, EXIT_CODE, STAGES } from './boot-sector.ts';

/** A guest under emulation takes 0.2 s; more on a busy machine. */
const DEADLINE_MS = 15_000;

/** `tcg` is QEMU's own emulation. */
export type Accelerator = 'kvm' | 'tcg';

/** Whether a guest did all that it should; `detail` says why it did not. */
export type GuestOutcome =
  | { readonly ran: true; readonly milliseconds: number }
  | { readonly ran: false; readonly detail: string };

export interface ProbeOptions {
  readonly deadlineMs?: number;
  /** A program in place of QEMU's, for tests. */
  readonly emulator?: string;
  /** The guest's disk, for tests. */
  readonly disk?: Uint8Array;
}

/**
 * Starts a tiny guest that reaches 64-bit mode, is interrupted by its timer, and ends: without network, display or
 * anything of the host. Throws nothing.
 */
export async function runProbeGuest(
  accelerator: Accelerator,
  { deadlineMs = DEADLINE_MS, emulator = 'qemu-system-x86_64', disk = bootSector() }: ProbeOptions = {},
): Promise<GuestOutcome> {
  try {
    await using image = await namelessFile(disk);
    const began = performance.now();
    const end = await run(emulator, argumentsOf(accelerator), image, deadlineMs);
    return judge(end, Math.round(performance.now() - began));
  } catch (error) {
    return { ran: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** A file that is gone with the last process that has it open, however these end. */
async function namelessFile(content: Uint8Array): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-probe-'));
  try {
    const file = await open(join(directory, 'disk'), 'wx+', 0o600);
    await file.write(content);
    return file;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Of the emulator's process: the file that it gets is the first descriptor after the standard ones. */
const IMAGE = '/proc/self/fd/3';

/**
 * qemu(1); a guest that crashes ends QEMU, too. Under KVM it has the host's processor, as domains have: QEMU may be unable to
 * show it, where its default model works.
 */
function argumentsOf(accelerator: Accelerator): string[] {
  return [
    ...['-accel', accelerator, ...(accelerator === 'kvm' ? ['-cpu', 'host'] : []), '-m', '16'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-serial', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    ...['-drive', `file=${IMAGE},format=raw,if=ide`],
  ];
}

interface End {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly serial: string;
  readonly errors: string;
  readonly isLate: boolean;
}

/** What timeout(1) ends with when it has killed the program: 128 and the number of SIGKILL. */
const KILLED_LATE = 137;

/** The deadline is kept by another process: a guest that hangs ends also if this one is killed. */
function run(program: string, args: readonly string[], image: FileHandle, deadlineMs: number): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn('timeout', ['--signal', 'KILL', String(deadlineMs / 1000), program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', image.fd],
      env: { LC_ALL: 'C', PATH: searchDirectories().join(':') },
    });
    let [serial, errors] = ['', ''];
    child.stdout?.setEncoding('latin1').on('data', (piece: string) => {
      serial += piece;
    });
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      errors += piece;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, serial, errors, isLate: code === KILLED_LATE || signal === 'SIGKILL' });
    });
  });
}

function judge({ code, serial, errors, isLate }: End, milliseconds: number): GuestOutcome {
  const reached = serial.trim().split(/\s+/);
  if (code === EXIT_CODE && reached.join(' ') === STAGES.join(' ')) return { ran: true, milliseconds };
  const words = errors.trim().split('\n').at(-1);
  if (words) return { ran: false, detail: words };
  const missing = STAGES.find((stage) => !reached.includes(stage)) ?? 'its end';
  const way = isLate ? `has not ended within ${milliseconds} ms` : `ended with ${code ?? 'a signal'}`;
  return { ran: false, detail: `the guest ${way}, and did not reach ${NAMES[missing]}` };
}

const NAMES: Readonly<Record<(typeof STAGES)[number] | 'its end', string>> = {
  real: 'its first instruction',
  long: '64-bit mode',
  timer: 'the interrupt of its timer',
  'its end': 'its end',
};
