import { describe, expect, test } from 'vitest';
import { argumentsOf, environmentOf, workingDirectoryOf } from './process.ts';

const IMAGE = {
  entrypoint: ['/entry'],
  command: ['serve'],
  environment: ['A=1', 'PATH=/bin'],
  user: '',
  workingDirectory: '',
  exposedPorts: [],
  volumes: [],
  stopSignal: null,
};

describe('the process of a container', () => {
  test('another entrypoint drops the command of the image, another command keeps its entrypoint', () => {
    expect(argumentsOf(IMAGE, {})).toEqual(['/entry', 'serve']);
    expect(argumentsOf(IMAGE, { entrypoint: ['/other'] })).toEqual(['/other']);
    expect(argumentsOf(IMAGE, { command: ['stop'] })).toEqual(['/entry', 'stop']);
  });

  test('no command at all is invalid', () => {
    expect(() => argumentsOf(IMAGE, { entrypoint: [] })).toThrow('neither the image nor the request has a command');
  });

  test('no program is invalid, and an empty word after one is none', () => {
    const none = { ...IMAGE, entrypoint: [] };
    expect(() => argumentsOf(none, { command: ['', 'x'] })).toThrow('the first word of its command is empty');
    expect(() => argumentsOf(IMAGE, { entrypoint: [''] })).toThrow('the first word of its entrypoint is empty');
    expect(argumentsOf(IMAGE, { command: [''] })).toEqual(['/entry', '']);
  });

  test('the request wins over the image, and the image over the defaults', () => {
    const expected = ['PATH=/bin', 'HOSTNAME=h', 'HOME=/root', 'A=2=3'];
    expect(environmentOf(IMAGE, { environment: { A: '2=3' } }, 'h', '/root')).toEqual(expected);
    expect(environmentOf(IMAGE, { environment: ['A=2=3'] }, 'h', '/root')).toEqual(expected);
    expect(() => environmentOf(IMAGE, { environment: ['A'] }, 'h', '/')).toThrow('A is no NAME=VALUE');
  });

  test('the working directory is absolute, and the root if nothing names one', () => {
    expect(workingDirectoryOf(IMAGE, {})).toBe('/');
    expect(() => workingDirectoryOf(IMAGE, { workingDirectory: 'a' })).toThrow('is not absolute');
  });
});
