import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { bootSector } from './boot-sector.ts';
import { chooseDomainType, readKvmFacts } from './kvm.ts';
import { runProbeGuest } from './probe-guest.ts';

/** Only a guest that hangs unexpectedly takes so long. */
const PATIENT_MS = 300_000;

/** The sector with some bytes replaced. */
function altered(offset: number, ...bytes: readonly number[]): Uint8Array {
  const sector = bootSector();
  sector.set(bytes, offset);
  return sector;
}

/** `hlt`, and back to it. */
const HALT = [0xf4, 0xeb, 0xfd];
/** `ud2`: without a handler of exceptions it ends the guest. */
const INVALID = [0x0f, 0x0b];

describe('the guest', () => {
  it('is one sector that a BIOS starts', () => {
    expect([bootSector().length, ...bootSector().slice(-2)]).toEqual([512, 0x55, 0xaa]);
  });

  it('runs under emulation to its end, and leaves no file', async () => {
    expect(await runProbeGuest('tcg', { deadlineMs: PATIENT_MS })).toEqual({
      ran: true,
      milliseconds: expect.any(Number),
    });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('weft-probe-'))).toEqual([]);
  });

  it.each([
    ['crashes on its way to 64-bit mode', 0x65, '64-bit mode'],
    ['crashes before the timer interrupts', 0xb3, 'the interrupt of its timer'],
    ['crashes after all', 0xc7, 'its end'],
  ])('that %s has not run, and the reason says how far it came', async (_, offset, stage) => {
    const disk = altered(offset, ...INVALID);
    expect(await runProbeGuest('tcg', { disk, deadlineMs: PATIENT_MS })).toEqual({
      ran: false,
      detail: `the guest ended with 0, and did not reach ${stage}`,
    });
  });

  it.each([
    ['halts', 0, HALT],
    ['is on a disk that no BIOS starts', 510, [0, 0]],
  ])('that %s is ended', async (_, offset, bytes) => {
    expect(await runProbeGuest('tcg', { disk: altered(offset, ...bytes), deadlineMs: 500 })).toEqual({
      ran: false,
      detail: expect.stringMatching(/^the guest has not ended within \d+ ms, and did not reach its first instruction$/),
    });
  });
});

it('decides which type of domains this host has', async () => {
  const facts = await readKvmFacts();
  expect(facts.guest === null).toBe(facts.deviceError !== null);
  expect(facts.emulated === null).toBe(facts.deviceError !== null);
  expect(chooseDomainType(facts).type).toBe(facts.guest?.ran ? 'kvm' : 'qemu');
});

describe('an emulator that fails', () => {
  const program = (script: string) => {
    const file = join(temporaryDirectory(), 'emulator');
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  };

  it('has its own words in the reason', async () => {
    const emulator = program('echo first >&2; echo "failed to initialize kvm: Operation not permitted" >&2; exit 1');
    expect(await runProbeGuest('kvm', { emulator })).toEqual({
      ran: false,
      detail: 'failed to initialize kvm: Operation not permitted',
    });
  });

  it('is not there', async () => {
    expect(await runProbeGuest('kvm', { emulator: '/nowhere/qemu' })).toEqual({
      ran: false,
      detail: 'spawn /nowhere/qemu ENOENT',
    });
  });

  it('is asked for the accelerator, and under KVM for the processor that domains have', async () => {
    const emulator = program('echo "$2 $3 $4" >&2; exit 1');
    expect(await runProbeGuest('kvm', { emulator })).toEqual({ ran: false, detail: 'kvm -cpu host' });
    expect(await runProbeGuest('tcg', { emulator })).toEqual({ ran: false, detail: 'tcg -m 16' });
  });
});
