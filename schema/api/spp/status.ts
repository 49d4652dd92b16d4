import * as v from 'valibot';

/*
 * The status of a process, as the executor records it and GET requests read it. The executor's driver returns its
 * statuses in the same shapes, except that the id may be null there, since an old nfv does not report it.
 */

const clientId = v.number();
/** Null before 2019. */
const masterCore = v.nullable(v.number());
/** `phy:0` */
const port = v.string();

/** A port's number; text for a queue, `0nq1`. */
const portNumbers = v.array(v.union([v.number(), v.string()]));

const attachedPortSchema = v.object({
  port,
  vlan: v.object({ operation: v.picklist(['none', 'add', 'remove']), id: v.number(), priority: v.number() }),
});
export type AttachedPort = v.InferOutput<typeof attachedPortSchema>;

const componentSchema = v.object({
  name: v.string(),
  core: v.number(),
  /** Null for a type that weft does not know. */
  type: v.nullable(v.picklist(['forward', 'merge', 'classifier', 'mirror'])),
  rx: v.array(attachedPortSchema),
  tx: v.array(attachedPortSchema),
});
export type Component = v.InferOutput<typeof componentSchema>;

const classifierSchema = v.object({
  /** As the process reported it. */
  mac: v.string(),
  port,
  /** Null: matches by the address alone. */
  vlanId: v.nullable(v.number()),
});
export type Classifier = v.InferOutput<typeof classifierSchema>;

const componentEntries = {
  clientId,
  masterCore,
  ports: v.object({ phy: portNumbers, vhost: portNumbers, ring: portNumbers }),
  components: v.array(componentSchema),
  /** Cores on which nothing runs. */
  idleCores: v.array(v.number()),
  /** Of a vf; empty for a mirror. */
  classifiers: v.array(classifierSchema),
};

const vfStatusSchema = v.object({ type: v.literal('vf'), ...componentEntries });
export type VfStatus = v.InferOutput<typeof vfStatusSchema>;

const mirrorStatusSchema = v.object({ type: v.literal('mirror'), ...componentEntries });
export type MirrorStatus = v.InferOutput<typeof mirrorStatusSchema>;

const nfvStatusSchema = v.object({
  type: v.literal('nfv'),
  clientId,
  running: v.boolean(),
  ports: v.array(port),
  patches: v.array(v.object({ source: port, destination: port })),
  masterCore,
  cores: v.array(v.number()),
});
export type NfvStatus = v.InferOutput<typeof nfvStatusSchema>;

const pcapCoreSchema = v.object({
  core: v.number(),
  /** `receive` or `write`. */
  role: v.string(),
  /** The captured ports; empty for a core that writes. */
  ports: v.array(port),
  /** For a core that writes, while it does. */
  file: v.nullable(v.string()),
});
export type PcapCore = v.InferOutput<typeof pcapCoreSchema>;

const pcapStatusSchema = v.object({
  type: v.literal('pcap'),
  clientId,
  /** Whether it is capturing. */
  running: v.boolean(),
  masterCore,
  cores: v.array(pcapCoreSchema),
});
export type PcapStatus = v.InferOutput<typeof pcapStatusSchema>;

const primaryStatusSchema = v.object({
  type: v.literal('primary'),
  /**
   * As the process sent them: ports with their counters, and since 2019 more. Null from a primary without statistics.
   */
  figures: v.nullable(v.record(v.string(), v.unknown())),
});
export type PrimaryStatus = v.InferOutput<typeof primaryStatusSchema>;

/** Validates a stored status. */
export const processStatusSchema = v.variant('type', [
  primaryStatusSchema,
  vfStatusSchema,
  nfvStatusSchema,
  mirrorStatusSchema,
  pcapStatusSchema,
]);
export type ProcessStatus = v.InferOutput<typeof processStatusSchema>;

/** A connected process; only a primary has no id. */
export type ConnectedProcess =
  | { readonly type: 'primary' }
  | { readonly type: 'vf' | 'nfv' | 'mirror' | 'pcap'; readonly clientId: number };
