import { expect, it } from 'vitest';
import { oneLine, statusText } from './http-answer.ts';

it('foreign text is reduced to one line, and truncated', () => {
  expect(oneLine(' a\r\n\tb\u0000\u001b[31mc. ')).toBe('a b [31mc');
  expect(oneLine('x'.repeat(1_000))).toBe(`${'x'.repeat(199)}…`);
});

it.each([
  ['text/plain', 'it broke.\n', 'it broke'],
  ['application/json', '{"message":"it broke"}', 'it broke'],
  ['application/json; charset=utf-8', '{"error":"it broke"}', 'it broke'],
  ['application/json', '{"error":{"message":"it broke"}}', 'it broke'],
  ['application/json', '{"error":{"code":7}}', ''],
  ['application/json', '"it broke"', 'it broke'],
  ['application/json', 'null', ''],
  ['application/json', '{"mess', '{"mess'],
  ['text/html; charset=utf-8', 'Bad gateway', ''],
  ['text/plain', '\n<html>Bad gateway</html>', ''],
])('%s %j results in %j', async (type, body, said) => {
  expect(await statusText(new Response(body, { status: 500, headers: { 'content-type': type } }))).toBe(said);
});

it('an endless body is read only as far as needed', async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new TextEncoder().encode('x'.repeat(1_000)));
    },
  });
  expect(await statusText(new Response(endless, { status: 500 }))).toBe(`${'x'.repeat(199)}…`);
  expect(pulled).toBeLessThan(10);
});

it('an answer without a body has no message', async () => {
  expect(await statusText(new Response(null, { status: 503 }))).toBe('');
});
