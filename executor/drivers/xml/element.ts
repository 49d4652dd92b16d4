/** An element of an XML document: what libvirt's documents are made of. */
export interface XmlElement {
  /** With its prefix, if it has one. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text of an element without children, with all its blanks; empty for others. */
  readonly text: string;
}

/** The value of an attribute, or undefined for one that is left out. */
export type AttributeValue = string | number | undefined;

/**
 * An element of text, or of other elements, of which those that are null are left out.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  content: string | readonly (XmlElement | null)[] = [],
): XmlElement {
  const present = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as const],
  );
  return {
    name,
    attributes: Object.fromEntries(present),
    children: typeof content === 'string' ? [] : content.filter((child) => child !== null),
    text: typeof content === 'string' ? content : '',
  };
}

/** The children with this name, in their order. */
export function childrenNamed(parent: XmlElement | undefined, name: string): XmlElement[] {
  return parent?.children.filter((child) => child.name === name) ?? [];
}

/** The first descendant whose names, from the parent's child on, are these. */
export function descendant(parent: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (found, name) => found?.children.find((child) => child.name === name),
    parent,
  );
}

/** The text of a {@link descendant}; null if it is not there. */
export function textOf(parent: XmlElement | undefined, ...path: readonly string[]): string | null {
  return descendant(parent, ...path)?.text ?? null;
}

/** The attribute of an element; null if either is not there. */
export function attributeOf(found: XmlElement | undefined, name: string): string | null {
  return found?.attributes[name] ?? null;
}

/**
 * The child with this local name in a namespace, whatever its prefix, as long as the child itself declares the namespace:
 * libvirt demands that of every element of `metadata`.
 */
export function childInNamespace(
  parent: XmlElement | undefined,
  namespace: string,
  localName: string,
): XmlElement | undefined {
  return parent?.children.find(({ name, attributes }) => {
    const [prefix = '', local] = name.includes(':') ? name.split(':', 2) : ['', name];
    return local === localName && attributes[prefix === '' ? 'xmlns' : `xmlns:${prefix}`] === namespace;
  });
}
