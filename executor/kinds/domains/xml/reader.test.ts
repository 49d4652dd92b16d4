import { expect, test } from 'vitest';
import { domainModel } from '../../../../test/support/domain-model.ts';
import { XmlError } from '../../../drivers/xml/error.ts';
import { DomainReader } from './reader.ts';
import { domainXml } from './write.ts';

const one = domainXml(domainModel({ name: 'one' }));
const two = domainXml(domainModel({ name: 'two' }));

/** Anybody may put this into the metadata of a domain; the parser takes it for an attack. */
const strange = one.replace('<metadata>', '<metadata><__proto__ xmlns="urn:other"/>');

test('a domain is read again when its XML has changed, and only then', () => {
  const reader = new DomainReader();
  const first = reader.read(
    new Map([
      ['a', one],
      ['b', two],
    ]),
  ).domains;
  const second = reader.read(
    new Map([
      ['a', one],
      ['b', one],
    ]),
  ).domains;
  expect(first.get('b')?.name).toBe('two');
  expect(second.get('a')).toBe(first.get('a'));
  expect(second.get('b')?.name).toBe('one');
});

test('a domain that is gone is forgotten', () => {
  const reader = new DomainReader();
  const first = reader.read(new Map([['a', one]])).domains.get('a');
  expect(reader.read(new Map()).domains.size).toBe(0);
  expect(reader.read(new Map([['a', one]])).domains.get('a')).not.toBe(first);
});

test('one that cannot be read hides no other', () => {
  const { domains, unreadable } = new DomainReader().read(
    new Map([
      ['a', strange],
      ['b', two],
    ]),
  );
  expect([...domains.keys()]).toEqual(['b']);
  expect(unreadable.get('a')).toBeInstanceOf(XmlError);
});
