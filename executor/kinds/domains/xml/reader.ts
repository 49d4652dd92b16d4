import { XmlError } from '../../../drivers/xml/error.ts';
import type { ObservedDomain } from './observed.ts';
import { readDomain } from './read.ts';

/** What a scan has found, by UUIDs. */
export interface ReadDomains {
  readonly domains: ReadonlyMap<string, ObservedDomain>;
  /** A domain of others may have metadata that our parser refuses: it says nothing about the rest. */
  readonly unreadable: ReadonlyMap<string, XmlError>;
}

/**
 * Reads the domains of scan after scan, but each only when its XML has changed: to read one takes a millisecond, in which
 * nothing else happens in this thread, and a host may have hundreds.
 */
export class DomainReader {
  #known: ReadonlyMap<string, Known> = new Map();

  /** @param texts the XML of every domain of the host, by UUIDs: what is not among them is forgotten */
  read(texts: ReadonlyMap<string, string>): ReadDomains {
    this.#known = new Map([...texts].map(([uuid, text]) => [uuid, this.#readOne(uuid, text)]));
    const domains = new Map<string, ObservedDomain>();
    const unreadable = new Map<string, XmlError>();
    for (const [uuid, { result }] of this.#known) {
      if (result instanceof XmlError) unreadable.set(uuid, result);
      else domains.set(uuid, result);
    }
    return { domains, unreadable };
  }

  #readOne(uuid: string, text: string): Known {
    const known = this.#known.get(uuid);
    return known?.text === text ? known : { text, result: resultOf(text) };
  }
}

interface Known {
  readonly text: string;
  readonly result: ObservedDomain | XmlError;
}

function resultOf(text: string): ObservedDomain | XmlError {
  try {
    return readDomain(text);
  } catch (error) {
    if (error instanceof XmlError) return error;
    throw error;
  }
}
