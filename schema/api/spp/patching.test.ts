import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../test/support/problems.ts';
import { check, read } from '../../../test/support/spp-requests.ts';
import {
  capture,
  nfvForward,
  nfvPatch,
  nfvPatchRemoval,
  nfvPort,
  primaryForward,
  primaryPatch,
  primaryPatchRemoval,
  primaryPort,
} from './patching.ts';
import type { RequestRules } from './request.ts';

const rules = {
  nfvForward,
  nfvPort,
  nfvPatch,
  nfvPatchRemoval,
  primaryForward,
  primaryPort,
  primaryPatch,
  primaryPatchRemoval,
  capture,
} satisfies Record<string, RequestRules>;
type Name = keyof typeof rules;

describe('a valid request has a normal form', () => {
  it.each<[Name, string, unknown]>([
    // The examples of the seed.
    ['nfvForward', '{"action": "start"}', { action: 'start' }],
    ['nfvForward', '{"action": "stop"}', { action: 'stop' }],
    ['nfvPort', '{"action": "add", "port": "vhost:0"}', { action: 'add', port: 'vhost:0' }],
    ['nfvPatch', '{"src": "vhost:0", "dst": "ring:0"}', { src: 'vhost:0', dst: 'ring:0' }],

    // Recorded requests.
    ['nfvPort', '{"action":"add","port":"nullpmd:0"}', { action: 'add', port: 'nullpmd:0' }],
    ['nfvPort', '{"action":"del","port":"ring:99"}', { action: 'del', port: 'ring:99' }],
    ['nfvPatch', '{"src":"phy:0nq0","dst":"phy:1nq0"}', { src: 'phy:0nq0', dst: 'phy:1nq0' }],
    ['capture', '{"action":"start"}', { action: 'start' }],
    ['primaryForward', '{"action":"stop"}', { action: 'stop' }],
    ['primaryPort', '{"action":"add","port":"ring:1"}', { action: 'add', port: 'ring:1' }],
    [
      'primaryPort',
      '{"action":"add","port":"pipe:0","rx":"ring:0","tx":"ring:1"}',
      { action: 'add', port: 'pipe:0', rx: 'ring:0', tx: 'ring:1' },
    ],
    ['primaryPort', '{"action":"del","port":"nullpmd:5"}', { action: 'del', port: 'nullpmd:5' }],
    ['primaryPatch', '{"src":"phy:0","dst":"phy:1"}', { src: 'phy:0', dst: 'phy:1' }],
    ['primaryPort', '{"action":"del","port":"pipe:0"}', { action: 'del', port: 'pipe:0' }],
  ])('%s %s', (name, text, normal) => {
    const { value, ignored } = read(rules[name], text);
    expect(value).toEqual(normal);
    expect(ignored).toEqual([]);
    expect(check(rules[name], JSON.parse(JSON.stringify(value))).value).toEqual(normal);
  });

  it.each<[Name, string, unknown]>([
    ['nfvPatchRemoval', '', null],
    ['nfvPatchRemoval', ' \n', null],
    ['nfvPatchRemoval', '{}', null],
    ['nfvPatchRemoval', '{"src":"phy:00","dst":"ring:0"}', { src: 'phy:0', dst: 'ring:0' }],
    ['primaryPatchRemoval', '', null],
    ['primaryPatchRemoval', '{}', null],
  ])('%s with the body %j', (name, text, normal) => {
    expect(read(rules[name], text).value).toEqual(normal);
  });
});

/** Requests that the old controllers answered with 500 or 204, except where the text is theirs. */
const refusals: [Name, string, string][] = [
  // Recorded refusals, of 2018.
  ['nfvPort', '{"action":"move","port":"ring:0"}', 'invalid key(action): move.'],
  ['nfvPatch', '{"src":"phy:0"}', 'key(dst) required.'],
  ['nfvPatch', '{"src":"x:0","dst":"phy:1"}', 'invalid key(port): x:0.'],
  ['nfvForward', '{"action":"pause"}', 'invalid key(action): pause.'],
  ['nfvForward', '{}', 'key(action) required.'],
  ['nfvPort', '{"action":"add","port":"eth:0"}', 'invalid key(port): eth:0.'],
  ['nfvPatch', '{"src":"phy:0","dst":"x"}', 'invalid key(port): x.'],
  ['primaryPort', '{"action":"add","port":"pipe:1"}', 'key(rx) required.'],
  ['nfvForward', '{"action":"other"}', 'invalid key(action): other.'],
  ['nfvForward', '{"action":true}', 'invalid key(action): true.'],
  ['nfvForward', '{"action":["start"]}', 'invalid key(action): ["start"].'],
  ['nfvPatch', '{"src":"phy:0 ring:1","dst":"ring:0"}', 'invalid key(port): phy:0 ring:1.'],

  // Extensions.
  ['capture', '{}', 'key(action) required.'],
  ['capture', '{"action":"pause"}', 'invalid key(action): pause.'],
  ['capture', '{"action":"start","file":"/tmp/x"}', 'unknown key(file).'],
  ['primaryForward', '{"action":"pause"}', 'invalid key(action): pause.'],
  ['primaryForward', '{"action":"start","force":1}', 'unknown key(force).'],
  ['primaryPatch', '{"src":"phy:0","dst":"eth:0"}', 'invalid key(port): eth:0.'],
  ['primaryPatch', '{"src":"phy:0","dst":"phy:1","both":true}', 'unknown key(both).'],
  ['primaryPort', '{"port":"ring:1"}', 'key(action) required.'],
  ['primaryPort', '{"action":"add","port":"pipe:1","rx":"ring:0"}', 'key(tx) required.'],
  ['primaryPort', '{"action":"add","port":"pipe:1","rx":"phy:0","tx":"ring:1"}', 'invalid key(rx): phy:0.'],
  ['primaryPort', '{"action":"add","port":"pipe:1","rx":"ring:0","tx":"phy:1"}', 'invalid key(tx): phy:1.'],
  ['primaryPort', '{"action":"add","port":"pipe:x","rx":"ring:0","tx":"ring:1"}', 'invalid key(port): pipe:x.'],
  ['primaryPort', '{"action":"add","port":"ring:1","rx":"ring:0"}', 'invalid key(rx): ring:0.'],
  ['primaryPort', '{"action":"del","port":"pipe:1","rx":"ring:0","tx":"ring:1"}', 'invalid key(rx): ring:0.'],
  ['primaryPatchRemoval', '{"src":"phy:0","dst":"phy:1"}', 'unknown key(src).'],
  ['primaryPatchRemoval', 'null', 'Not a json object.'],
  ['nfvPatchRemoval', '{"src":"phy:0"}', 'key(dst) required.'],
  ['nfvPatchRemoval', '{"source":"phy:0"}', 'key(src) required.'],
  ['nfvPatchRemoval', '{"src":"phy:0","dst":null}', 'invalid key(port): null.'],
  ['nfvPatchRemoval', '{"src":"phy:0","dst":"phy:1","x":1}', 'unknown key(x).'],
  ['nfvPatchRemoval', 'null', 'Not a json object.'],
  ['nfvPatchRemoval', '[]', 'Not a json object.'],
  ['nfvPatchRemoval', 'x', 'Not in json format.'],
];

describe('an invalid request is a 400', () => {
  it.each(refusals)('%s %s', (name, text, message) => {
    const problem = problemOf(() => read(rules[name], text));
    expect(problem.message).toBe(message);
    expect(problem.status).toBe(400);
    expect(problem.errors?.length).toBeGreaterThan(0);
  });
});
