import { PORT_LIMIT } from './era.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the ports of an nfv or a primary, by their place among the process' devices, and the patches.
 */

interface Place {
  type: string;
  /** Undefined: there is no port, but its name may still be in a patch. */
  number: number | undefined;
  /** Whether the status lists it. */
  listed: boolean;
  target: number | undefined;
}

/** The type of a port whose type the process has lost. */
export const UNDEFINED_TYPE = 'udf';

export class PortMap {
  readonly #places: Place[] = Array.from({ length: PORT_LIMIT }, emptyPlace);
  /** Devices that exist but are not in the map, as the physical ports of a primary are. */
  readonly #hidden: number;

  constructor(hidden = 0) {
    this.#hidden = hidden;
  }

  /** The index of a port, or undefined. */
  find(type: string, number: number): number | undefined {
    const place = this.#places.findIndex((each) => each.number === number && each.type === type);
    return place === -1 ? undefined : place;
  }

  /** Puts a port into the first free place; undefined if there is none. */
  add(type: string, number: number): number | undefined {
    const place = this.#places.findIndex((each, index) => index >= this.#hidden && each.number === undefined);
    if (place === -1) return undefined;
    this.put(place, type, number);
    return place;
  }

  put(place: number, type: string, number: number): void {
    Object.assign(this.#at(place), { type, number, listed: true });
  }

  /** Removes a port. `asLeft`: which other place loses its target with it. */
  remove(place: number, asLeft: 'its-source' | 'the-first'): void {
    this.#places[place] = emptyPlace();
    const other = this.#places.find(({ listed, target }) =>
      asLeft === 'its-source' ? listed && target === place : listed || target === place,
    );
    if (other) other.target = undefined;
  }

  /** False if one of the places has no port. */
  patch(source: number, target: number): boolean {
    const [from, to] = [this.#places[source], this.#places[target]];
    if (from?.number === undefined || to?.number === undefined) return false;
    from.target = target;
    from.listed = true;
    to.listed = true;
    return true;
  }

  reset(): void {
    for (const place of this.#places) if (place.listed) place.target = undefined;
  }

  /** The listed ports, each with its patch target. */
  listed(): { name: string; target: string | undefined }[] {
    return this.#places
      .filter(({ listed }) => listed)
      .map((place) => ({
        name: nameOf(place),
        target: place.target === undefined ? undefined : nameOf(this.#at(place.target)),
      }));
  }

  #at(place: number): Place {
    const found = this.#places[place];
    if (!found) throw new RangeError(`there is no place ${place}`);
    return found;
  }
}

function emptyPlace(): Place {
  return { type: UNDEFINED_TYPE, number: undefined, listed: false, target: undefined };
}

function nameOf({ type, number }: Place): string {
  return type === UNDEFINED_TYPE ? UNDEFINED_TYPE : `${type}:${number}`;
}
