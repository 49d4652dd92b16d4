import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The folders whose files take longest, in that order, so that none of them begins last. */
const folders = ['/test/worker/', '/test/faults/', '/test/real/', '/test/conformance/'];

/** Starts long-running files first, whether or not vitest has run them before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = folders.findIndex((folder) => moduleId.includes(folder));
      return place === -1 ? folders.length : place;
    };
    return [...files].sort((left, right) => rank(left) - rank(right) || (left.moduleId < right.moduleId ? -1 : 1));
  }
}
