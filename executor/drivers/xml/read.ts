import { XMLParser } from 'fast-xml-parser';
import type { XmlElement } from './element.ts';
import { XmlError } from './error.ts';

/** Where the parser puts what an element is made of, beside its name. */
const ATTRIBUTES = ':@';
const TEXT = '#text';

/** No document type, so that no text is larger than it was sent: entities are resolved here. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

type Node = Readonly<Record<string, unknown>>;

/**
 * The root element of a document.
 *
 * @param what for errors: `domain`
 * @throws XmlError `malformed`: it is not well-formed, has a document type or more than one root
 */
export function readXml(what: string, text: string): XmlElement {
  const malformed = (detail: string) => new XmlError('malformed', `read ${what}`, detail);
  if (/<!DOCTYPE/i.test(text)) throw malformed('it has a document type');
  const [root, ...others] = elementsOf(parsed(text, malformed)).map(elementFrom);
  if (root === undefined || others.length > 0) throw malformed('it has not exactly one root element');
  return root;
}

function parsed(text: string, malformed: (detail: string) => XmlError): Node[] {
  try {
    return nodesOf(parser.parse(text, true));
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

/** The parser's declared result is `any`. */
function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter((node): node is Node => typeof node === 'object' && node !== null) : [];
}

function elementsOf(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => nameOf(node) !== TEXT);
}

function nameOf(node: Node): string {
  return Object.keys(node).find((key) => key !== ATTRIBUTES) ?? TEXT;
}

function elementFrom(node: Node): XmlElement {
  const name = nameOf(node);
  const content = nodesOf(node[name]);
  const children = elementsOf(content).map(elementFrom);
  const text = children.length > 0 ? '' : content.map((part) => resolveEntities(String(part[TEXT]))).join('');
  return { name, attributes: attributesFrom(node[ATTRIBUTES]), children, text };
}

function attributesFrom(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, resolveEntities(String(text))]));
}

/** XML 1.0, section 4.6; there are no others without a document type. */
const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function resolveEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (reference, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities.get(name) ?? reference;
    return characterOf(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal)) ?? reference;
  });
}

function characterOf(codePoint: number): string | undefined {
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : undefined;
}
