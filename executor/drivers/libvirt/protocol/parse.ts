/* Reads a protocol file in the language of rpcgen (RFC 4506, section 6), as far as libvirt's own uses it. */

/** `remote_nonnull_domain *dom;`: a type, how many of it, and a name. */
export interface Declaration {
  readonly type: string;
  readonly name: string;
  readonly shape:
    | { readonly kind: 'one' }
    | { readonly kind: 'optional' }
    | { readonly kind: 'fixed'; readonly length: string }
    | { readonly kind: 'variable'; readonly limit: string };
}

export type Definition =
  | { readonly kind: 'struct'; readonly members: readonly Declaration[] }
  | {
      readonly kind: 'union';
      readonly arms: readonly { readonly discriminant: string; readonly member: Declaration }[];
    }
  | { readonly kind: 'typedef'; readonly declaration: Declaration }
  | { readonly kind: 'enum' };

export interface ProtocolFile {
  /** Constants and members of enumerations. */
  readonly constants: ReadonlyMap<string, number>;
  readonly definitions: ReadonlyMap<string, Definition>;
}

/** @throws Error that names what is not understood */
export function parseProtocol(source: string): ProtocolFile {
  const constants = new Map<string, number>();
  const definitions = new Map<string, Definition>();
  for (const [, name = '', value = ''] of plain(source).matchAll(/\bconst (\w+) ?= ?(\w+) ?;/g)) {
    // Some are constants of C's headers, which nothing here needs.
    if (/^(0x[0-9a-f]+|\d+)$/i.test(value)) constants.set(name, Number(value));
  }
  for (const [, text = ''] of plain(source).matchAll(/\btypedef ([^;]+);/g)) {
    const declaration = parseDeclaration(text);
    definitions.set(declaration.name, { kind: 'typedef', declaration });
  }
  for (const [, kind = '', name = '', body = ''] of plain(source).matchAll(
    /\b(struct|enum|union) (\w+)(?: switch ?\([^)]*\))? ?\{([^}]*)\} ?;/g,
  )) {
    definitions.set(name, parseBody(kind, body, constants));
  }
  return { constants, definitions };
}

/** Without comments and lines for the preprocessor, and with single spaces. */
function plain(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/^%.*$/gm, ' ')
    .replaceAll(/\s+/g, ' ');
}

function parseBody(kind: string, body: string, constants: Map<string, number>): Definition {
  switch (kind) {
    case 'struct':
      return { kind, members: statements(body).map(parseDeclaration) };
    case 'union':
      return { kind, arms: statements(body).map(parseArm) };
    default:
      for (const [, name = '', value = ''] of body.matchAll(/(\w+) ?= ?(\d+)/g)) constants.set(name, Number(value));
      return { kind: 'enum' };
  }
}

function statements(body: string): string[] {
  return body
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function parseArm(text: string): { discriminant: string; member: Declaration } {
  const [, discriminant, member] = /^case (\w+) ?: ?(.+)$/.exec(text) ?? [];
  if (discriminant === undefined || member === undefined) throw new Error(`this arm is not understood: ${text}`);
  return { discriminant, member: parseDeclaration(member) };
}

function parseDeclaration(text: string): Declaration {
  const match = /^((?:unsigned )?\w+) ?(\*)? ?(\w+) ?(?:\[ ?(\w+) ?\]|< ?(\w+) ?>)?$/.exec(text.trim());
  const [, type, star, name, length, limit] = match ?? [];
  if (type === undefined || name === undefined) throw new Error(`this declaration is not understood: ${text}`);
  if (star !== undefined) return { type, name, shape: { kind: 'optional' } };
  if (length !== undefined) return { type, name, shape: { kind: 'fixed', length } };
  if (limit !== undefined) return { type, name, shape: { kind: 'variable', limit } };
  return { type, name, shape: { kind: 'one' } };
}
