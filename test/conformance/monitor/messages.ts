import { expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import type { ErrorMessage } from '../../support/monitor-client.ts';
import type { MonitorStage } from './stage.ts';

const start = (more: object = {}, parameters: object = {}) => ({
  ...{ type: 'start', sequence: 'x', monitor: 'CIN', parameters: { cinID: 'cin1', ...parameters } },
  ...more,
});

const badMessages: readonly [name: string, message: unknown, sequence: string | number | null, reason: string][] = [
  ['no JSON', '{"type":', null, 'is not JSON'],
  ['an empty message', '', null, 'is not JSON'],
  ['octets', Buffer.from(JSON.stringify(start())), null, 'is not text'],
  ['a list', [start()], null, 'must be an object'],
  ['null', 'null', null, 'must be an object'],
  ['a number', '7', null, 'must be an object'],
  ['an object without members', {}, null, '/type is missing'],
  ['another type', start({ type: 'stop' }), 'x', '/type must be "start"'],
  ['no sequence', start({ sequence: undefined }), null, '/sequence is missing'],
  ['a sequence that is a list', start({ sequence: [] }), null, '/sequence must be a string of at most 1000 characters'],
  ['another monitor', start({ monitor: 'CEN' }), 'x', '/monitor must be "CIN"'],
  [
    'a sequence that is a number, and a wrong monitor',
    start({ sequence: 7, monitor: 'CEN' }),
    7,
    '/monitor must be "CIN"',
  ],
  ['no parameters', start({ parameters: undefined }), 'x', '/parameters is missing'],
  ['parameters in a list', start({ parameters: [] }), 'x', '/parameters must be an object'],
  ['no CIN', start({ parameters: {} }), 'x', '/parameters/cinID is missing'],
  ['a CIN that is no name', start({}, { cinID: '../x' }), 'x', '/parameters/cinID must be 1 to 63'],
  ['a tag that is a number', start({}, { container_tag: 1 }), 'x', '/parameters/container_tag must be a string'],
  [
    'an unknown event',
    start({}, { events: ['create', 'x'] }),
    'x',
    '/parameters/events/1 must be one of create, destroy, update',
  ],
  ['events that are no list', start({}, { events: 'create' }), 'x', '/parameters/events must be a list'],
  ['an empty monitorID', start({ monitorID: '' }), 'x', '/monitorID must not be empty'],
  [
    'a monitorID that is too long',
    start({ monitorID: 'x'.repeat(129) }),
    'x',
    '/monitorID must have at most 128 characters',
  ],
];

/** How the monitor answers; its connection stays whatever it is sent. */
export function messageTests(stage: () => MonitorStage): void {
  it('answers a start with the state, member for member', async () => {
    const rows = await stage().cin();
    await rows.add(['c1'], { tag: 'blue' });
    await rows.add(['c2']);
    const client = await stage().connect();
    client.send({ type: 'start', sequence: '1', monitor: 'CIN', parameters: { cinID: rows.cin } });
    const answer = await client.answer('1');
    const block = expect.stringMatching(/^10\.\d+\.0\.1[01]$/);
    expect(answer).toEqual({
      type: 'response',
      sequence: '1',
      response: {
        monitorID: expect.stringMatching(/./),
        state: [
          { containerID: 'c1', ipaddress: block, tag: 'blue' },
          { containerID: 'c2', ipaddress: block, tag: null },
        ],
      },
    });
    expect(Object.keys(answer)).toEqual(['type', 'sequence', 'response']);
    await rows.add(['c3'], { tag: 'red' });
    await client.untilTold(1);
    expect(client.messages.slice(1)).toEqual([
      {
        type: 'event',
        monitorID: answer.type === 'response' ? answer.response.monitorID : '',
        event: 'create',
        message: [{ containerID: 'c3', ipaddress: expect.stringMatching(/^10\.\d+\.0\.12$/), tag: 'red' }],
      },
    ]);
  });

  it('answers a wrong message with an error that carries its sequence, and goes on', async () => {
    const rows = await stage().cin();
    const client = await stage().connect();
    for (const [, message] of badMessages) client.send(message);
    client.send(start({ sequence: 'good' }, { cinID: rows.cin }));
    expect(await client.answer('good')).toMatchObject({ response: { state: [] } });
    expect(client.messages.slice(0, -1)).toEqual(
      badMessages.map(([, , sequence, reason]) => ({
        type: 'error',
        sequence,
        response: { message: expect.stringMatching(new RegExp(`^invalid request: ${RegExp.escape(reason)}`)) },
      })),
    );
    expect(client.closed).toBeUndefined();
  });

  it('accepts null for what is optional, members that it does not know, and a number as a sequence', async () => {
    const rows = await stage().cin();
    await rows.add(['c1']);
    const client = await stage().connect();
    client.send(
      start({ sequence: 7, monitorID: null, more: 1 }, { cinID: rows.cin, container_tag: null, events: null }),
    );
    client.send(start({ sequence: 'after' }, { cinID: rows.cin }));
    await client.answer('after');
    expect(client.messages[0]).toMatchObject({ type: 'response', sequence: 7, response: { state: [{ tag: null }] } });
  });

  it('answers an unknown CIN with an error; other monitors of the connection go on', async () => {
    const rows = await stage().cin();
    const client = await stage().connect();
    const { response } = await client.start({ cinID: rows.cin });
    expect(await client.start<ErrorMessage>({ cinID: 'nobody', monitorID: response.monitorID })).toEqual({
      type: 'error',
      sequence: 's2',
      response: { message: 'CIN nobody not found' },
    });
    await rows.add(['c1']);
    expect(await client.untilTold(1, response.monitorID)).toEqual([expect.stringMatching(/^create c1 /)]);
  });

  it('finds a CIN on the hypervisor that the path names, and asks for one if several have it', async () => {
    const here = await stage().cin();
    const there = await stage().cin(1, here.cin);
    const [hosts] = await stage().database.read([
      statement<{ name: string }>('SELECT name FROM hypervisors WHERE id IN (:here, :there) ORDER BY id = :there', {
        here: here.hypervisor,
        there: there.hypervisor,
      }),
    ]);
    await there.add(['c-there']);
    const fleet = await stage().connect();
    expect((await fleet.start<ErrorMessage>({ cinID: here.cin })).response.message).toBe(
      `CIN ${here.cin} is on ${hosts.map(({ name }) => name).join(' and ')}: connect to /hypervisors/{id}/leviathan/monitor`,
    );
    const scoped = await stage().connect(`/hypervisors/${hosts[1]?.name}/leviathan/monitor`);
    expect((await scoped.start({ cinID: here.cin })).response.state).toMatchObject([{ containerID: 'c-there' }]);
    await here.add(['c-here']);
    await there.add(['c-late']);
    expect(await scoped.untilTold(1)).toEqual([expect.stringMatching(/^create c-late /)]);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }, 403],
    ['another site, as browsers say', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('refuses %s before the upgrade', async (_, headers, status) => {
    await expect(stage().connect(undefined, headers)).rejects.toThrow(`Unexpected server response: ${status}`);
  });

  it('answers a request that is no upgrade with a 426', async () => {
    const answer = await fetch(`${stage().url}/leviathan/monitor`, { headers: stage().headers });
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({ code: 'upgrade_required', hint: expect.any(String) });
  });
}
