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
