/** Microseconds: of two sightings in one process the later one has the higher version. */
export function sightingVersion(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
