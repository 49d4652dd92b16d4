import type { Declaration, Definition, ProtocolFile } from './parse.ts';

/** Constants of <libvirt/libvirt-common.h> and <libvirt/libvirt-host.h> that the protocol file refers to. */
const HEADER_CONSTANTS: Readonly<Record<string, number>> = {
  VIR_UUID_BUFLEN: 16,
  VIR_TYPED_PARAM_INT: 1,
  VIR_TYPED_PARAM_UINT: 2,
  VIR_TYPED_PARAM_LLONG: 3,
  VIR_TYPED_PARAM_ULLONG: 4,
  VIR_TYPED_PARAM_DOUBLE: 5,
  VIR_TYPED_PARAM_BOOLEAN: 6,
  VIR_TYPED_PARAM_STRING: 7,
};

/** Narrow types take a whole unit each. */
const PRIMITIVES: Readonly<Record<string, string>> = {
  int: 'int',
  char: 'int',
  short: 'int',
  'unsigned char': 'unsignedInt',
  'unsigned short': 'unsignedInt',
  unsigned: 'unsignedInt',
  'unsigned int': 'unsignedInt',
  hyper: 'hyper',
  'unsigned hyper': 'unsignedHyper',
  double: 'double',
};

const PREFIX = 'remote_';

/** Writes procedures and events of a protocol file, with all types that they need, as a module of TypeScript. */
export class Describer {
  readonly #file: ProtocolFile;
  /** Statements by the names of the protocol file, in an order in which each uses only what is above it. */
  readonly #statements = new Map<string, string>();
  readonly #imported = new Set<string>();

  constructor(file: ProtocolFile) {
    this.#file = file;
  }

  /** @throws Error that names what the file does not have */
  module(source: string, procedures: readonly string[], events: readonly string[]): string {
    const describedProcedures = procedures.map((name) => this.#procedure(name));
    const describedEvents = events.map((name) => this.#event(name));
    const program = this.#constant('REMOTE_PROGRAM');
    const version = this.#constant('REMOTE_PROTOCOL_VERSION');
    return [
      `/* Written by generate.ts from ${source} of libvirt: not to be edited. */`,
      '',
      `import { ${[...this.#imported, 'type ValueOf'].join(', ')} } from '../xdr/types.ts';`,
      "import { procedure, remoteEvent } from './procedure.ts';",
      "import { uuid } from './uuid.ts';",
      '',
      `export const REMOTE_PROGRAM = 0x${program.toString(16)};`,
      `export const REMOTE_VERSION = ${version};`,
      '',
      ...this.#statements.values(),
      '',
      `export const procedures = { ${describedProcedures.join('\n')} };`,
      '',
      `export const events = { ${describedEvents.join('\n')} };`,
      '',
    ].join('\n');
  }

  #procedure(name: string): string {
    const types = `{ arguments: ${this.#message(name, 'args')}, result: ${this.#message(name, 'ret')} }`;
    return `${camelCase(name)}: procedure('${camelCase(name)}', ${this.#constant(`REMOTE_PROC_${name}`)}, ${types}),`;
  }

  #event(name: string): string {
    const number = this.#constant(`REMOTE_PROC_${name}`);
    return `${camelCase(name)}: remoteEvent('${camelCase(name)}', ${number}, ${this.#message(name, 'msg')}),`;
  }

  /** Messages without members have no definition. */
  #message(procedure: string, suffix: string): string {
    const name = `${PREFIX}${procedure.toLowerCase()}_${suffix}`;
    const definition = this.#file.definitions.get(name);
    if (definition === undefined) return this.#import('nothing');
    // It is used once.
    return this.#definition(definition);
  }

  #type(name: string): string {
    const primitive = PRIMITIVES[name];
    if (primitive !== undefined) return this.#import(primitive);
    if (name === `${PREFIX}uuid`) return 'uuid';
    const definition = this.#file.definitions.get(name);
    if (definition === undefined) throw new Error(`the type ${name} is not defined`);
    // What may be absent is written where it is used: its names are as plain as `string`.
    if (definition.kind === 'enum' || isOptional(definition)) return this.#definition(definition);
    const described = camelCase(name.slice(PREFIX.length));
    if (!this.#statements.has(name)) {
      const text = `const ${described} = ${this.#definition(definition)};`;
      this.#statements.set(name, definition.kind === 'typedef' ? text : `${text}\n${exportedType(described)}`);
    }
    return described;
  }

  #definition(definition: Definition): string {
    switch (definition.kind) {
      case 'struct': {
        const members = definition.members.map((member) => this.#member(camelCase(member.name), member));
        return `${this.#import('struct')}({ ${members.join(' ')} })`;
      }
      case 'union': {
        const arms = definition.arms.map(
          ({ discriminant, member }) => `${this.#constant(discriminant)}: ${this.#declaration(member)},`,
        );
        return `${this.#import('union')}({ ${arms.join(' ')} })`;
      }
      case 'typedef':
        return this.#declaration(definition.declaration);
      case 'enum':
        return this.#import('int');
    }
  }

  #member(name: string, declaration: Declaration): string {
    const described = this.#declaration(declaration);
    return described === name ? `${name},` : `${name}: ${described},`;
  }

  #declaration({ type, shape }: Declaration): string {
    switch (shape.kind) {
      case 'one':
        return this.#type(type);
      case 'optional':
        return `${this.#import('optional')}(${this.#type(type)})`;
      case 'fixed':
        return type === 'opaque'
          ? `${this.#import('fixedOpaque')}(${this.#constant(shape.length)})`
          : `${this.#import('fixedArray')}(${this.#type(type)}, ${this.#constant(shape.length)})`;
      case 'variable':
        return type === 'opaque' || type === 'string'
          ? `${this.#import(type)}(${this.#constant(shape.limit)})`
          : `${this.#import('array')}(${this.#type(type)}, ${this.#constant(shape.limit)})`;
    }
  }

  #constant(name: string): number {
    const value = /^\d+$/.test(name) ? Number(name) : (this.#file.constants.get(name) ?? HEADER_CONSTANTS[name]);
    if (value === undefined) throw new Error(`the constant ${name} is not defined`);
    return value;
  }

  #import(name: string): string {
    this.#imported.add(name);
    return name;
  }
}

function isOptional(definition: Definition): boolean {
  return definition.kind === 'typedef' && definition.declaration.shape.kind === 'optional';
}

function exportedType(described: string): string {
  return `export type ${described.charAt(0).toUpperCase()}${described.slice(1)} = ValueOf<typeof ${described}>;`;
}

function camelCase(name: string): string {
  // `retStats` and `callbackID` are so already.
  if (!name.includes('_') && name !== name.toUpperCase()) return name;
  return name.toLowerCase().replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
