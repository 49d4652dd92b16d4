import * as v from 'valibot';
import { memberOf, type RequestRules, requires } from './request.ts';
import { memberMessage, oneOf, portSchema, ringSchema } from './values.ts';

/* Requests to processes that patch ports: /v1/nfvs/{id} and, as extensions, /v1/primary and /v1/pcaps/{id}. */

/** spp-ctl validates the ends of a patch like any port, and calls them so in errors. */
const patchLabels = { src: 'port', dst: 'port' };
const patchMembers = { src: null, dst: null };

const forwardSchema = v.object({ action: oneOf(['start', 'stop']) }, memberMessage);
export type Forward = v.InferOutput<typeof forwardSchema>;

/** PUT /v1/nfvs/{id}/forward */
export const nfvForward: RequestRules<typeof forwardSchema> = {
  schema: forwardSchema,
  required: requires('action'),
  members: { action: null },
  extension: false,
};

/** PUT /v1/primary/forward (extension) */
export const primaryForward: RequestRules<typeof forwardSchema> = { ...nfvForward, extension: true };

/** PUT /v1/pcaps/{id}/capture (extension) */
export const capture: RequestRules<typeof forwardSchema> = { ...nfvForward, extension: true };

const portActionSchema = oneOf(['add', 'del']);

const portChangeSchema = v.object({ action: portActionSchema, port: portSchema }, memberMessage);
export type PortChange = v.InferOutput<typeof portChangeSchema>;

/** PUT /v1/nfvs/{id}/ports */
export const nfvPort: RequestRules<typeof portChangeSchema> = {
  schema: portChangeSchema,
  required: requires('action', 'port'),
  members: { action: null, port: null },
  extension: false,
};

const absent = v.optional(v.undefined('is for the adding of a pipe only'));
const primaryPortSchema = v.lazy((body) => (isNewPipe(body) ? newPipeSchema : plainPortSchema));
const plainPortSchema = v.pipe(
  v.object({ action: portActionSchema, port: portSchema, rx: absent, tx: absent }, memberMessage),
  v.transform(({ action, port }) => ({ action, port })),
);
const newPipeSchema = v.object(
  { action: v.literal('add'), port: portSchema, rx: ringSchema, tx: ringSchema },
  memberMessage,
);
export type PrimaryPortChange = v.InferOutput<typeof primaryPortSchema>;

/** PUT /v1/primary/ports (extension): a pipe is added together with the rings at its ends. */
export const primaryPort: RequestRules<typeof primaryPortSchema> = {
  schema: primaryPortSchema,
  required: (body) => (isNewPipe(body) ? ['action', 'port', 'rx', 'tx'] : ['action', 'port']),
  members: { action: null, port: null, rx: null, tx: null },
  extension: true,
};

const patchSchema = v.object({ src: portSchema, dst: portSchema }, memberMessage);
export type Patch = v.InferOutput<typeof patchSchema>;

/** PUT /v1/nfvs/{id}/patches */
export const nfvPatch: RequestRules<typeof patchSchema> = {
  schema: patchSchema,
  required: requires('src', 'dst'),
  members: patchMembers,
  labels: patchLabels,
  extension: false,
};

/** PUT /v1/primary/patches (extension) */
export const primaryPatch: RequestRules<typeof patchSchema> = { ...nfvPatch, extension: true };

const patchRemovalSchema = v.lazy((body) => (isEmpty(body) ? allPatchesSchema : patchSchema));
const allPatchesSchema = v.pipe(
  v.object({}),
  v.transform(() => null),
);
/** The patch to remove; null: all of them. */
export type PatchRemoval = v.InferOutput<typeof patchRemovalSchema>;

/** DELETE /v1/nfvs/{id}/patches: without a body as in spp-ctl, with one as an extension. */
export const nfvPatchRemoval: RequestRules<typeof patchRemovalSchema> = {
  schema: patchRemovalSchema,
  required: (body) => (isEmpty(body) ? [] : ['src', 'dst']),
  members: patchMembers,
  labels: patchLabels,
  extension: true,
  optional: true,
};

/** DELETE /v1/primary/patches (extension): all of them, so a body that names one is rejected. */
export const primaryPatchRemoval: RequestRules<typeof allPatchesSchema> = {
  schema: allPatchesSchema,
  required: requires(),
  members: {},
  extension: true,
  optional: true,
};

function isNewPipe(body: unknown): boolean {
  const port = memberOf(body, 'port');
  return memberOf(body, 'action') === 'add' && typeof port === 'string' && port.startsWith('pipe:');
}

function isEmpty(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0;
}
