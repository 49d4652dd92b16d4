import * as v from 'valibot';
import { familiarName, parseImageName } from '../images/names.ts';
import { parseImageSource } from '../images/sources.ts';
import { ImageSyntaxError } from '../images/syntax-error.ts';
import { NETNS_IMAGE } from '../resources/network/process.ts';
import { objectMessage } from './common.ts';
import { type Key, type List, ownPageSchema } from './pages.ts';

/** `oci`: for containers; `disk`: for virtual machines, of which no hypervisor has any yet. */
export const imageKinds = ['oci', 'disk'] as const;
export type ImageKind = (typeof imageKinds)[number];

/** No valid name or source is longer: a path of file names, or a repository with a tag or digest. */
const LONGEST_TEXT = 4_096;

/** A text that `read` understands; what it throws about another one is the member's error. */
function understood(read: (text: string) => string) {
  return v.pipe(
    v.string('must be a string'),
    v.maxLength(LONGEST_TEXT, `must have at most ${LONGEST_TEXT} characters`),
    v.rawTransform(({ dataset, addIssue, NEVER }): string => {
      try {
        return read(dataset.value);
      } catch (error) {
        if (!(error instanceof ImageSyntaxError)) throw error;
        addIssue({ message: `is not understood: ${error.detail}` });
        return NEVER;
      }
    }),
  );
}

/** The name of an image, in the form that people know: `ubuntu` is `ubuntu:latest`. */
export const imageNameSchema = understood((text) => familiarName(parseImageName(text)));

/** What a container runs: an image, or `netns`, nothing. */
export const typeSchema = understood((text) => (text === NETNS_IMAGE ? text : familiarName(parseImageName(text))));

const imageSourceSchema = understood((text) => {
  parseImageSource(text);
  return text;
});

const pulledKindSchema = v.optional(v.literal('oci', 'must be oci, the only kind that there is yet'), 'oci');

/** The body of POST /images. */
export const imagePostSchema = v.strictObject(
  { name: imageNameSchema, source: v.optional(imageSourceSchema), kind: pulledKindSchema },
  objectMessage,
);
export type ImagePost = v.InferOutput<typeof imagePostSchema>;

const kindSchema = v.optional(v.picklist(imageKinds, `must be ${imageKinds.join(' or ')}`), 'oci');

/** The query of one image. */
export const imageQuerySchema = v.strictObject({ kind: kindSchema });

/** The query of the list. */
export function imagePageSchema<RowKey extends Key>(list: List<RowKey>) {
  return v.strictObject({ ...ownPageSchema(list).entries, kind: kindSchema });
}

/** `missing`: it was on the host, and is not there any more. */
export const imageStates = ['pending', 'preparing', 'ready', 'missing', 'failed'] as const;

export const imageBodySchema = v.object({
  name: v.string(),
  kind: v.picklist(imageKinds),
  hypervisor: v.string(),
  /** Where it was asked for from; null: from the registry of its name. */
  source: v.nullable(v.string()),
  state: v.picklist(imageStates),
  /** Null: it is not on the host yet. */
  digest: v.nullable(v.string()),
  /** In bytes: its manifest, configuration and compressed layers. */
  size: v.nullable(v.number()),
  /** When it was built, as it says itself. */
  created: v.nullable(v.string()),
  /** Why the last operation on it failed. */
  error: v.nullable(v.string()),
});
export type ImageBody = v.InferOutput<typeof imageBodySchema>;
