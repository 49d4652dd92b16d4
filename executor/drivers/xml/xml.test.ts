import { describe, expect, test } from 'vitest';
import { childInNamespace, descendant, element, textOf } from './element.ts';
import { readXml } from './read.ts';
import { writeXml } from './write.ts';

describe('what is written is read', () => {
  test('names, attributes and texts with whatever XML gives a meaning to', () => {
    const written = element('domain', { type: 'qemu', left: undefined }, [
      element('name', {}, `a<&"']]> \n\t b `),
      null,
      element('metadata', {}, [element('weft:domain', { 'xmlns:weft': 'urn:one', owner: `<'"&> ` }, [])]),
      element('empty'),
    ]);
    expect(readXml('domain', writeXml(written))).toEqual(written);
    expect(written.attributes).toEqual({ type: 'qemu' });
    expect(written.children).toHaveLength(3);
  });

  test('text is not markup: a name cannot add an element', () => {
    const text = writeXml(element('name', {}, '</name><name>'));
    expect(text).toBe('<name>&lt;/name&gt;&lt;name&gt;</name>');
  });

  test.each([
    ['a control character', element('a', {}, '\u0001')],
    ['a control character in an attribute', element('a', { b: '\u0000' })],
    ['half a surrogate pair', element('a', {}, '\ud800')],
    ['a carriage return, which is read as a line feed', element('a', {}, 'one\rtwo')],
    ['a line break in an attribute, which is read as a blank', element('a', { b: 'one\ntwo' })],
    ['a name with a blank', element('a b')],
  ])('%s is refused', (_, root) => {
    expect(() => writeXml(root)).toThrow(expect.objectContaining({ code: 'invalid', action: `write ${root.name}` }));
  });
});

describe('read', () => {
  test.each([
    ['nothing', ''],
    ['no markup', 'error: no domain'],
    ['an element that does not end', '<a><b></b>'],
    ['the end of another element', '<a></b>'],
    ['two roots', '<a/><b/>'],
    ['a document type, which could define entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ])('%s is malformed', (_, text) => {
    expect(() => readXml('domain', text)).toThrow(
      expect.objectContaining({ code: 'malformed', action: 'read domain' }),
    );
  });

  test('character references and the five entities; others stay as they are', () => {
    const text = '<a b="&#x41;&quot;">&#65;&lt;&amp;lt;&bogus;&#x110000;</a>';
    expect(readXml('a', text)).toEqual({
      name: 'a',
      attributes: { b: 'A"' },
      children: [],
      text: 'A<&lt;&bogus;&#x110000;',
    });
  });

  test('comments and the declaration are nothing', () => {
    expect(readXml('a', '<?xml version="1.0"?>\n<a><!-- b -->c</a>').text).toBe('c');
  });

  test('blanks between elements are no text', () => {
    const root = readXml('a', '<a>\n  <b> c </b>\n</a>');
    expect([root.text, textOf(root, 'b'), textOf(root, 'b', 'c')]).toEqual(['', ' c ', null]);
  });

  test.each([
    ['<w:domain xmlns:w="urn:one" owner="o"/>', 'o'],
    ['<domain xmlns="urn:one" owner="o"/>', 'o'],
    ['<w:domain xmlns:w="urn:other" owner="o"/>', undefined],
    ['<w:network xmlns:w="urn:one" owner="o"/>', undefined],
    ['<w:domain xmlns:v="urn:one" owner="o"/>', undefined],
    ['<domain owner="o"/>', undefined],
  ])('an element is known by its namespace: %s', (child, owner) => {
    const root = readXml('domain', `<domain><metadata><other/>${child}</metadata></domain>`);
    expect(childInNamespace(descendant(root, 'metadata'), 'urn:one', 'domain')?.attributes.owner).toBe(owner);
  });
});
