import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
 * anything of the host but a temporary file. Throws nothing.
 */
export async function runProbeGuest(
  accelerator: Accelerator,
  { deadlineMs = DEADLINE_MS, emulator = 'qemu-system-x86_64', disk = bootSector() }: ProbeOptions = {},
): Promise<GuestOutcome> {
  try {
    const directory = await mkdtemp(join(tmpdir(), 'weft-probe-'));
    try {
      const image = join(directory, 'disk');
      await writeFile(image, disk);
      const began = performance.now();
      const end = await run(emulator, argumentsOf(accelerator, image), deadlineMs);
      return judge(end, Math.round(performance.now() - began));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  } catch (error) {
    return { ran: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * qemu(1); a guest that crashes ends QEMU, too. Under KVM it has the host's processor, as domains have: QEMU may be unable to
 * show it, where its default model works.
 */
function argumentsOf(accelerator: Accelerator, image: string): string[] {
  return [
    ...[
      '-accel',
      accelerator,
      ...(accelerator === 'kvm' ? ['-cpu', 'host'] : []),
      '-m',
      '16',
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-no-reboot',
    ],
    ...['-serial', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    ...['-drive', `file=${image.replaceAll(',', ',,')},format=raw,if=ide`],
  ];
}

interface End {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly serial: string;
  readonly errors: string;
  readonly isLate: boolean;
}

function run(program: string, args: readonly string[], deadlineMs: number): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { LC_ALL: 'C', PATH: searchDirectories().join(':') },
    });
    let [serial, errors, isLate] = ['', '', false];
    child.stdout.setEncoding('latin1').on('data', (piece: string) => {
      serial += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      errors += piece;
    });
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, deadlineMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, serial, errors, isLate });
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
