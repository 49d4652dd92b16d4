import type { Cache } from './cache.ts';
import type { BridgeRow, InterfaceRow, PortRow } from './rows.ts';

export interface Found<Row> {
  readonly id: string;
  readonly row: Row;
}

/** A port with the bridge that refers to it. */
export interface FoundPort extends Found<PortRow> {
  readonly bridge: Found<BridgeRow>;
  readonly interfaces: readonly Found<InterfaceRow>[];
}

/** Rows by name. It is made for one plan: a later update is not in it. */
export class Lookup {
  readonly #cache: Cache;
  readonly #bridges: ReadonlyMap<string, Found<BridgeRow>>;
  readonly #ports: ReadonlyMap<string, Found<PortRow>>;
  readonly #interfaces: ReadonlyMap<string, Found<InterfaceRow>>;
  readonly #bridgeOf = new Map<string, Found<BridgeRow>>();

  constructor(cache: Cache) {
    this.#cache = cache;
    this.#bridges = byName(cache.bridges);
    this.#ports = byName(cache.ports);
    this.#interfaces = byName(cache.interfaces);
    for (const bridge of this.#bridges.values()) for (const id of bridge.row.ports) this.#bridgeOf.set(id, bridge);
  }

  bridge(name: string): Found<BridgeRow> | null {
    return this.#bridges.get(name) ?? null;
  }

  port(name: string): FoundPort | null {
    const port = this.#ports.get(name);
    const bridge = port === undefined ? undefined : this.#bridgeOf.get(port.id);
    if (port === undefined || bridge === undefined) return null;
    const interfaces = port.row.interfaces.flatMap((id) => {
      const row = this.#cache.interfaces.get(id);
      return row === undefined ? [] : [{ id, row }];
    });
    return { ...port, bridge, interfaces };
  }

  interface(name: string): Found<InterfaceRow> | null {
    return this.#interfaces.get(name) ?? null;
  }
}

function byName<Row extends { readonly name: string }>(table: ReadonlyMap<string, Row>): Map<string, Found<Row>> {
  return new Map(Array.from(table, ([id, row]) => [row.name, { id, row }]));
}
