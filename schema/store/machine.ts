import * as v from 'valibot';
import type { Capabilities } from '../api/capabilities.ts';

/** Resources of a host, and their free amounts: memory and disk in MB of 2^20 bytes, CPU in cores. */
export interface Resources {
  readonly memory: number;
  readonly disk: number;
  readonly cpu: number;
  readonly freeMemory: number;
  /** The load average of one minute. */
  readonly load: number;
}

/** The properties of an executor's machine. */
export interface Machine {
  readonly machineId: string | null;
  readonly bootId: string;
  readonly capabilities: Capabilities;
  readonly version: string;
  readonly resources: Resources;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const seenSchema = v.object({
  restoreGeneration: count,
  epoch: count,
  /** The hypervisor of that epoch; null if the file does not say. */
  hypervisor: v.nullish(v.string(), null),
  /** The last operation that was processed. */
  sequence: v.optional(count, 0),
});

/** How far a host has seen a database: a restored one is behind that. */
export type Seen = v.InferOutput<typeof seenSchema>;

export const NOTHING_SEEN: Seen = { restoreGeneration: 0, epoch: 0, hypervisor: null, sequence: 0 };
