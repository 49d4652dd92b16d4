import { type JsonObject, parseObject } from './reply.ts';

export interface PrimaryStatus {
  type: 'primary';
  /**
   * As the process sent them: ports with their counters, and since 2019 more. Null from a primary without statistics.
   */
  figures: JsonObject | null;
}

const TEXT_FORM = /^Server (?:Idling|Running)\b/;

/** The status of a primary; null for any other text. */
export function parsePrimaryStatus(text: string): PrimaryStatus | null {
  if (TEXT_FORM.test(text)) return { type: 'primary', figures: null };
  const figures = parseObject(text);
  if (figures === null || !Array.isArray(figures.phy_ports) || !Array.isArray(figures.ring_ports)) return null;
  return { type: 'primary', figures };
}
