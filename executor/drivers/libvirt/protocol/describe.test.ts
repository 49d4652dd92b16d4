import { expect, test } from 'vitest';
import { Describer } from './describe.ts';
import { parseProtocol } from './parse.ts';

const PROTOCOL = `
%#include "header.h"
const SIZE = 8; /* of a name */
typedef string remote_label<SIZE>;
typedef remote_label *remote_string;
typedef opaque remote_uuid[VIR_UUID_BUFLEN];
enum remote_color { RED = 0, BLUE = 1 };
/* A box,
   which may not be absent; struct remote_ignored { int a; }; */
struct remote_box {
    remote_label name; /* insert@1 */
    remote_uuid uuid;
    unsigned hyper size;
    char model[SIZE];
};
typedef remote_box *remote_any_box;
union remote_thing switch (int type) {
 case VIR_TYPED_PARAM_INT:
     int i;
 case 9:
     remote_box b;
};
struct remote_fill_box_args { remote_any_box box; remote_color colors<20>; opaque raw<4>; remote_string note; };
struct remote_fill_box_ret { remote_thing things<SIZE>; };
struct remote_event_full_msg { int callbackID; remote_box box; };
enum remote_procedure {
    /** @generate: both */
    REMOTE_PROC_FILL_BOX = 12,
    REMOTE_PROC_PING = 13,
    REMOTE_PROC_EVENT_FULL = 14
};
const REMOTE_PROGRAM = 0x20008086;
const REMOTE_PROTOCOL_VERSION = 1;
`;

function moduleOf(protocol: string, procedures: readonly string[], events: readonly string[] = []): string {
  return new Describer(parseProtocol(protocol)).module('boxes.x', procedures, events).replaceAll(/\s+/g, ' ');
}

test('types that are used are described once, in the order of their use', () => {
  const text = moduleOf(PROTOCOL, ['FILL_BOX', 'PING'], ['EVENT_FULL']);
  expect(text).toContain(
    'const label = string(8); ' +
      'const box = struct({ name: label, uuid, size: unsignedHyper, model: fixedArray(int, 8), }); ' +
      'export type Box = ValueOf<typeof box>; ' +
      'const thing = union({ 1: int, 9: box, }); export type Thing = ValueOf<typeof thing>;',
  );
  expect(text).toContain(
    "fillBox: procedure('fillBox', 12, { arguments: struct({ box: optional(box), colors: array(int, 20), " +
      'raw: opaque(4), note: optional(label), }), result: struct({ things: array(thing, 8), }) }),',
  );
  expect(text).toContain("ping: procedure('ping', 13, { arguments: nothing, result: nothing }),");
  expect(text).toContain("eventFull: remoteEvent('eventFull', 14, struct({ callbackID: int, box, })),");
  expect(text).toContain('REMOTE_PROGRAM = 0x20008086; export const REMOTE_VERSION = 1;');
});

test('only what is used', () => {
  expect(moduleOf(PROTOCOL, ['PING'])).not.toMatch(/[bB]ox\b/);
});

test('what is not there or not understood is named', () => {
  expect(() => moduleOf(PROTOCOL, ['EMPTY_BOX'])).toThrow('REMOTE_PROC_EMPTY_BOX');
  expect(() => moduleOf(PROTOCOL.replace('remote_thing things', 'remote_other things'), ['FILL_BOX'])).toThrow(
    'remote_other',
  );
  expect(() => parseProtocol('struct remote_a { int (*call)(void); };')).toThrow('int (*call)(void)');
});
