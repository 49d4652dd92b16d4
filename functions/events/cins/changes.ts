import type { CinContainer } from './state.ts';

/** A container that came (`before` is null), went (`after` is null), or has another address or tag. */
export interface CinChange {
  readonly before: CinContainer | null;
  readonly after: CinContainer | null;
}

export function changesBetween(before: readonly CinContainer[], after: readonly CinContainer[]): CinChange[] {
  const [earlier, later] = [byId(before), byId(after)];
  const gone = before.filter(({ id }) => !later.has(id)).map((each) => ({ before: each, after: null }));
  const others = after.flatMap((each) => {
    const known = earlier.get(each.id) ?? null;
    return known !== null && isEqual(known, each) ? [] : [{ before: known, after: each }];
  });
  return [...gone, ...others];
}

function byId(containers: readonly CinContainer[]): Map<string, CinContainer> {
  return new Map(containers.map((each) => [each.id, each]));
}

function isEqual(left: CinContainer, right: CinContainer): boolean {
  return left.name === right.name && left.address === right.address && left.tag === right.tag;
}
