import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import type { XmlElement } from './element.ts';
import { XmlError } from './error.ts';

/**
 * The text of an element, indented, without an XML declaration.
 *
 * @throws XmlError `invalid`: a name or a text that XML 1.0 cannot carry, such as one with a control character, or would
 *   not be read as it was written: a carriage return, or a line break or tab in an attribute (section 3.3.3)
 */
export function writeXml(root: XmlElement): string {
  try {
    const document = create();
    append(document, root);
    return document.end({ headless: true, prettyPrint: true, wellFormed: true });
  } catch (error) {
    throw new XmlError('invalid', `write ${root.name}`, error instanceof Error ? error.message : String(error));
  }
}

function append(parent: XMLBuilder, { name, attributes, children, text }: XmlElement): void {
  if (text.includes('\r')) throw new Error(`The text of ${name} contains a carriage return.`);
  for (const [key, value] of Object.entries(attributes)) {
    if (/[\t\n\r]/.test(value)) throw new Error(`Attribute ${key} of ${name} contains a line break or a tab.`);
  }
  const appended = parent.ele(name, attributes);
  if (text !== '') appended.txt(text);
  for (const child of children) append(appended, child);
}
