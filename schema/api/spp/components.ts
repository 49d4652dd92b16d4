import * as v from 'valibot';
import { memberOf, type RequestRules, requires } from './request.ts';
import {
  coreSchema,
  macSchema,
  memberMessage,
  nameSchema,
  oneOf,
  portSchema,
  vlanIdSchema,
  vlanSchema,
} from './values.ts';

/* Requests to processes with components: /v1/vfs/{id} and, as an extension, /v1/mirrors/{id}. */

/** Accepted and ignored, since a client may send a component back as weft returned it. */
const readOnlyMembers = { rx_port: null, tx_port: null };
const componentMembers = { name: null, core: null, type: null, ...readOnlyMembers };
const portMembers = { action: null, port: null, dir: null, vlan: { operation: null, id: null, pcp: null } };

/** `classifier_mac` until 2019 and `classifier` since then are one type: `classifier`. */
const componentTypeSchema = v.pipe(
  oneOf(['forward', 'merge', 'classifier_mac', 'classifier']),
  v.transform((type) => (type === 'classifier_mac' ? 'classifier' : type)),
);

const componentStartSchema = v.object({ name: nameSchema, core: coreSchema, type: componentTypeSchema }, memberMessage);
export type ComponentStart = v.InferOutput<typeof componentStartSchema>;

/** POST /v1/vfs/{id}/components */
export const componentStart: RequestRules<typeof componentStartSchema> = {
  schema: componentStartSchema,
  required: requires('name', 'core', 'type'),
  members: componentMembers,
  extension: false,
};

const mirrorStartSchema = v.object({ name: nameSchema, core: coreSchema, type: oneOf(['mirror']) }, memberMessage);
export type MirrorStart = v.InferOutput<typeof mirrorStartSchema>;

/** POST /v1/mirrors/{id}/components (extension) */
export const mirrorStart: RequestRules<typeof mirrorStartSchema> = {
  schema: mirrorStartSchema,
  required: requires('name', 'core', 'type'),
  members: componentMembers,
  extension: true,
};

const portActionSchema = oneOf(['attach', 'detach']);
const directionSchema = oneOf(['rx', 'tx']);

const portDetachSchema = v.object(
  { action: v.literal('detach'), dir: directionSchema, port: portSchema },
  memberMessage,
);

/** Also for a request with an unknown action, so that all other members are validated. */
const portAttachSchema = v.object(
  {
    action: v.pipe(portActionSchema, v.literal('attach')),
    dir: directionSchema,
    port: portSchema,
    vlan: v.optional(vlanSchema, null),
  },
  memberMessage,
);

const componentPortSchema = v.lazy((body) =>
  memberOf(body, 'action') === 'detach' ? portDetachSchema : portAttachSchema,
);
export type ComponentPort = v.InferOutput<typeof componentPortSchema>;

/** PUT /v1/vfs/{id}/components/{name}/ports, and the same without `/ports` */
export const componentPort: RequestRules<typeof componentPortSchema> = {
  schema: componentPortSchema,
  required: requires('action', 'port', 'dir'),
  members: portMembers,
  extension: false,
};

const mirrorPortSchema = v.object(
  {
    action: portActionSchema,
    dir: directionSchema,
    port: portSchema,
    // Weft's own answers have it.
    vlan: v.optional(
      v.pipe(
        vlanSchema,
        v.check(({ operation }) => operation === 'none', 'must be none: a mirror leaves VLAN tags alone'),
      ),
      null,
    ),
  },
  memberMessage,
);
const mirrorPortNormalSchema = v.pipe(
  mirrorPortSchema,
  v.transform(({ action, dir, port }) => ({ action, dir, port })),
);
export type MirrorPort = v.InferOutput<typeof mirrorPortNormalSchema>;

/** PUT /v1/mirrors/{id}/components/{name}/ports (extension) */
export const mirrorPort: RequestRules<typeof mirrorPortNormalSchema> = {
  schema: mirrorPortNormalSchema,
  required: requires('action', 'port', 'dir'),
  members: portMembers,
  extension: true,
};

const classifierActionSchema = oneOf(['add', 'del']);
const classifierTypeSchema = oneOf(['mac', 'vlan']);

const classifierByMacSchema = v.object(
  {
    action: classifierActionSchema,
    type: v.pipe(classifierTypeSchema, v.literal('mac')),
    port: portSchema,
    mac_address: macSchema,
    vlan: v.optional(v.null('must be null or left out where type is "mac"'), null),
  },
  memberMessage,
);

/** For a request without a known type: its VLAN id cannot be validated. */
const classifierByNothingSchema = v.object(
  {
    ...classifierByMacSchema.entries,
    vlan: v.optional(
      v.pipe(
        v.unknown(),
        v.transform(() => null),
      ),
      null,
    ),
  },
  memberMessage,
);

const classifierByVlanSchema = v.object(
  {
    action: classifierActionSchema,
    type: v.literal('vlan'),
    port: portSchema,
    mac_address: macSchema,
    vlan: vlanIdSchema,
  },
  memberMessage,
);

const classifierChangeSchema = v.lazy((body) => {
  const type = memberOf(body, 'type');
  if (type === 'vlan') return classifierByVlanSchema;
  return type === 'mac' ? classifierByMacSchema : classifierByNothingSchema;
});
export type ClassifierChange = v.InferOutput<typeof classifierChangeSchema>;

/** PUT /v1/vfs/{id}/classifier_table */
export const classifierChange: RequestRules<typeof classifierChangeSchema> = {
  schema: classifierChangeSchema,
  required: requires('action', 'type', 'port', 'mac_address'),
  members: { action: null, type: null, vlan: null, mac_address: null, port: null },
  extension: false,
};
