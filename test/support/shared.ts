import { beforeAll, onTestFinished } from 'vitest';

type End = () => unknown;

/** Of what is shared, while it is made. */
let ends: End[] | undefined;

/** Has something done when the running test is finished, or, for what is {@link shared}, all tests of its suite are. */
export function whenFinished(end: End): void {
  if (ends) ends.push(end);
  else
    onTestFinished(async () => {
      await end();
    });
}

/** One thing for all tests of a suite: each leaves it as the others may find it, in whatever order they run. */
export function shared<Thing>(make: () => Promise<Thing>): () => Thing {
  let made: { readonly thing: Thing } | undefined;
  beforeAll(async () => {
    const own: End[] = [];
    const endAll = async () => {
      for (const end of own.toReversed()) await end();
    };
    ends = own;
    try {
      made = { thing: await make() };
    } catch (error) {
      await endAll();
      throw error;
    } finally {
      ends = undefined;
    }
    return endAll;
  });
  return () => {
    if (!made) throw new Error('it is not made before the tests of the suite run');
    return made.thing;
  };
}
