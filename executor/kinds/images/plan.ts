import { Problem } from '../../../schema/problem.ts';
import type { StoredImage } from '../../../schema/resources/images/rows.ts';
import type { Step } from '../resource.ts';

/** Where an image is to be pulled from, and with what: as the driver takes it. */
export interface Pull {
  readonly name: string;
  readonly source?: string;
  readonly credentialsFile: string | null;
  readonly importDirectory: string | null;
  readonly mayBeLocal: boolean;
}

/** The state that is wanted of one name of the store. */
export type DesiredImage = { readonly name: string } & (
  | { readonly wanted: 'pulled'; readonly pull: Pull }
  /** It must be there already. */
  | { readonly wanted: 'present' }
  | { readonly wanted: 'absent' }
  /** A person may have removed it: it is not pulled without being asked for. */
  | { readonly wanted: 'as it is' }
);

export interface ObservedImages {
  /** By their names. */
  readonly images: ReadonlyMap<string, StoredImage>;
  /** Names that were pulled in this attempt: what a tag stands for may have changed, so one that is there is pulled, too. */
  readonly pulled: ReadonlySet<string>;
}

export type ImageStep =
  | (Step & { readonly name: 'image.pull'; readonly pull: Pull })
  | (Step & { readonly name: 'image.remove'; readonly image: string });

/** The step to the desired state of an image, if it needs one. */
export function plan(desired: DesiredImage, { images, pulled }: ObservedImages): ImageStep[] {
  const { name } = desired;
  switch (desired.wanted) {
    case 'pulled':
      return pulled.has(name) && images.has(name) ? [] : [{ name: 'image.pull', item: name, pull: desired.pull }];
    case 'absent':
      return images.has(name) ? [{ name: 'image.remove', item: name, image: name }] : [];
    case 'present':
      if (images.has(name)) return [];
      throw new Problem('conflict', `Image ${name} is not on the host any more`, { hint: 'POST /images pulls it' });
    case 'as it is':
      return [];
  }
}
