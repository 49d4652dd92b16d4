import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/* Guests of some instructions. Ports of a q35 machine as SeaBIOS places them: ACPI's PM1 status, enable and control. */

const PM1_STATUS = [0x00, 0x06];
const PM1_ENABLE = [0x02, 0x06];
const PM1_CONTROL = [0x04, 0x06];

/** `mov dx, PORT; mov ax, VALUE; out dx, ax` */
const write = (port: readonly number[], value: readonly number[]) => [0xba, ...port, 0xb8, ...value, 0xef];

/** The sleep type 0 is S5, and bit 13 enables it. */
const POWER_OFF = write(PM1_CONTROL, [0x00, 0x20]);

/** Powers itself off. */
export const poweringOff = POWER_OFF;

/** Powers itself off when the power button (bit 8) is pressed. */
export const obeying = [
  ...write(PM1_ENABLE, [0x00, 0x01]),
  // mov dx, PORT; in ax, dx; test ah, 1; jz to `in`
  ...[0xba, ...PM1_STATUS, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xfa],
  ...POWER_OFF,
];

const SECTOR = 512;

/** Writes the instructions into the first sector of an image that nobody uses. */
export function makeBootable(image: string, instructions: readonly number[]): void {
  const sector = Buffer.alloc(SECTOR);
  // hlt, and back to it
  sector.set([...instructions, 0xf4, 0xeb, 0xfd]);
  sector.set([0x55, 0xaa], SECTOR - 2);
  const directory = mkdtempSync(join(tmpdir(), 'weft-sector-'));
  try {
    const file = join(directory, 'sector');
    writeFileSync(file, sector);
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', `write -q -s ${file} 0 ${SECTOR}`, image]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
