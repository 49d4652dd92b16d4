import { label } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import { imageSubjectOf, type StoredImage } from '../../../schema/resources/images/rows.ts';
import type { Image, ImageStore } from '../../drivers/oci/images/store.ts';
import type { HostAccess, Resource } from '../resource.ts';
import { signalWhen } from '../signal-when.ts';
import { type DesiredImage, type ImageStep, type ObservedImages, plan } from './plan.ts';

/** Whose store it is. */
export interface StoreOwner {
  readonly databaseId: string;
  readonly hypervisor: string;
}

/**
 * The images in this database's own store. All that is there is its own, so what an image would be labelled with is made
 * from its name.
 */
export function imagesResource(
  store: Pick<ImageStore, 'list' | 'pull' | 'remove'>,
  { databaseId, hypervisor }: StoreOwner,
): Resource<DesiredImage, ObservedImages, ImageStep> {
  async function observe(pulled: ReadonlySet<string>): Promise<ObservedImages> {
    const images = await store.list();
    return { images: new Map(images.map((image) => [image.name, storedOf(image)])), pulled };
  }

  function beginAttempt(): HostAccess<DesiredImage, ObservedImages, ImageStep> {
    const pulled = new Set<string>();
    return {
      observe: () => observe(pulled),
      async apply(step, isUnwanted = () => false) {
        if (step.name === 'image.remove') return store.remove(step.image);
        using unwanted = signalWhen(isUnwanted);
        await store.pull({ ...step.pull, signal: unwanted.signal });
        pulled.add(step.pull.name);
      },
    };
  }

  return {
    ...beginAttempt(),
    beginAttempt,
    observeAll: () => observe(new Set()),
    plan,
    removes: ({ name }) => name === 'image.remove',
    labels: {
      kinds: ['image'],
      find: ({ images }, prefix) => (prefix === label(databaseId, '') ? [...images.keys()].map(labelled) : []),
    },
  };

  function labelled(name: string): Labelled {
    const resource = imageSubjectOf(hypervisor, name);
    return { kind: 'image', place: null, name, label: label(databaseId, resource), resource };
  }
}

function storedOf({ digest, size, created }: Image): StoredImage {
  return { digest, size, created };
}
