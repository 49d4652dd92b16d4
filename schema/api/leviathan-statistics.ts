import * as v from 'valibot';

const countersSchema = v.object({ bytes: v.number(), packets: v.number(), errors: v.number(), dropped: v.number() });

/** The answer of GET /host/{h}/{c}/stats (extension): what all processes of a container used when they were last read. */
export const statisticsBodySchema = v.object({
  contID: v.string(),
  hostID: v.string(),
  /** Null: they have not been read, or so long ago that it is forgotten; then all else is null or empty, too. */
  at: v.nullable(v.string()),
  cpu: v.object({
    /** Used since the start of the process. */
    microseconds: v.nullable(v.number()),
    /** Used between the last two readings, on average: 1.5 are one and a half processors. */
    cores: v.nullable(v.number()),
  }),
  /** In bytes. */
  memory: v.object({ bytes: v.nullable(v.number()), limit: v.nullable(v.number()) }),
  processes: v.nullable(v.number()),
  /** By their names in the container, without `lo`; counted since the interface was made. */
  interfaces: v.array(v.object({ name: v.string(), received: countersSchema, sent: countersSchema })),
});
export type StatisticsBody = v.InferOutput<typeof statisticsBodySchema>;
