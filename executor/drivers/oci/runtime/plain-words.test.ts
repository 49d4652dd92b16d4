import { expect, test } from 'vitest';
import { plainWords } from './plain-words.ts';

const TIME = 'time="2026-11-29T10:11:12Z"';

test.each([
  [
    `${TIME} level=error msg="runc create failed: exec: \\"\\": executable file not found in $PATH"\n`,
    'runc create failed: exec: "": executable file not found in $PATH',
  ],
  [`${TIME} level=warning msg="odd"\n${TIME} level=error msg="one"\n${TIME} level=fatal msg="two"\n`, 'two'],
  [`${TIME} level=error msg=EOF\n`, 'EOF'],
  [`${TIME} level=error msg="\\x00 in a name"\n`, '\\x00 in a name'],
  [' runc: no such file \n', 'runc: no such file'],
  [`${TIME} level=warning msg="odd"\n`, `${TIME} level=warning msg="odd"`],
])('what runc says in %j', (text, words) => {
  expect(plainWords(text)).toBe(words);
});
