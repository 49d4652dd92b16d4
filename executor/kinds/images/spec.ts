import { ADOPT_IMAGE, type ImageEnd, PULL_IMAGE, REPAIR_IMAGE } from '../../../schema/resources/images/finish.ts';
import type { ImageRow, ImageRows } from '../../../schema/resources/images/rows.ts';
import type { Spec } from '../spec.ts';
import type { DesiredImage, ObservedImages } from './plan.ts';

/** The meaning of the rows of images. A pull that fails has replaced nothing, so nothing is undone. */
export const imagesSpec: Spec<ImageRows, ImageRow, DesiredImage, ObservedImages, ImageEnd> = {
  change({ kind, request, generation }, { name, row, settings }) {
    const before: DesiredImage = { name, wanted: 'as it is' };
    const to = (after: DesiredImage) => ({ before, after, total: 1 });
    switch (kind) {
      case PULL_IMAGE: {
        const { source }: { source?: string } = JSON.parse(request);
        const { pullsMissing: _, ...own } = settings;
        return to({ name, wanted: 'pulled', pull: { name, ...(source === undefined ? {} : { source }), ...own } });
      }
      case ADOPT_IMAGE:
        return to({ name, wanted: 'present' });
      case REPAIR_IMAGE:
        return row?.generation === generation ? to(desiredOf(row)) : null;
      default:
        return to({ name, wanted: 'absent' });
    }
  },
  desired: desiredOf,
  isUpToDate({ name, state, digest }, { images }) {
    const found = images.get(name);
    return found === undefined ? state === 'missing' : state === 'ready' && digest === found.digest;
  },
  end: ({ after: { name } }, _ending, observed) => ({ image: observed?.images.get(name) ?? null }),
};

function desiredOf({ name, desired }: ImageRow): DesiredImage {
  return { name, wanted: desired === 'absent' ? 'absent' : 'as it is' };
}
