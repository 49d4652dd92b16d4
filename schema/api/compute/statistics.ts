import * as v from 'valibot';
import { PAGE_DEFAULT, PAGE_MAX, wholeNumber } from '../pages.ts';

/** A time in UTC (RFC 3339) as its milliseconds. */
const timeSchema = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'must be a time like 2026-11-28T12:00:00Z'),
  v.transform((text) => Date.parse(text)),
  v.check((time) => !Number.isNaN(time), 'must be a time like 2026-11-28T12:00:00Z'),
);

/** The query of GET /hosts/{hostname}/stats (extension): without `since` the last reading is asked for. */
export const statisticsQuerySchema = v.strictObject({
  since: v.optional(v.nullable(timeSchema), null),
  limit: v.optional(wholeNumber(1, PAGE_MAX), `${PAGE_DEFAULT}`),
});

/** Null: libvirt did not tell it, or the guest was not read yet. */
const count = v.nullable(v.number());

const trafficSchema = v.object({ bytes: count, packets: count, errors: count, dropped: count });

const transferSchema = v.object({ requests: count, bytes: count });

const readingMembers = {
  /** When it was read; null: not yet, or so long ago that it is forgotten; then all else is null or empty, too. */
  at: v.nullable(v.string()),
  /** When its process answered last: `memory` and `disks` are as they were then. Null: it has not answered yet. */
  answered: v.nullable(v.string()),
  /** virsh's word. */
  state: v.nullable(v.string()),
  cpu: v.object({
    /** Used since the start of the guest. */
    microseconds: count,
    /** Used since the reading before, on average: 1.5 are one and a half processors. */
    cores: count,
    vcpus: count,
  }),
  /** In bytes; the last three are what the guest's own kernel tells, if it does. */
  memory: v.object({
    current: count,
    maximum: count,
    /** What its process takes of the host. */
    resident: count,
    available: count,
    unused: count,
    usable: count,
  }),
  /** By libvirt's names of them; `capacity` and `physical`, which is what its file takes, in bytes. */
  disks: v.array(
    v.object({
      name: v.string(),
      read: transferSchema,
      written: transferSchema,
      flushes: count,
      capacity: count,
      physical: count,
    }),
  ),
  /** By the names of their ends on the host; as the guest sees them. */
  interfaces: v.array(v.object({ name: v.string(), received: trafficSchema, sent: trafficSchema })),
};

/** One reading of a series. */
export const hostReadingSchema = v.object(readingMembers);
export type HostReading = v.InferOutput<typeof hostReadingSchema>;

/** What a host used when it was last read. */
export const hostStatisticsSchema = v.object({ name: v.string(), hypervisor: v.string(), ...readingMembers });
export type HostStatistics = v.InferOutput<typeof hostStatisticsSchema>;
