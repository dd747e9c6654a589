import { describe, expect, test } from 'vitest';
import { Produce } from '../../lib/protocol/apis/00-produce.ts';
import { Heartbeat } from '../../lib/protocol/apis/12-heartbeat.ts';
import { ListGroups } from '../../lib/protocol/apis/16-list-groups.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { type Asked, Toy, versions } from './toyBroker.ts';

const beat = (groupId: string) => ({ groupId, generationId: 1, memberId: 'm' });
const ok = (asked: Asked) => asked.answer({ errorCode: 0 });
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('this should have failed');
    },
    (error) => error,
  );

describe('questions and answers', () => {
  test('each caller gets the answer to its own question, also when several are under way', async () => {
    const toy = new Toy();
    await toy.listen((asked) => asked.answer({ errorCode: Number(asked.body.groupId) }));
    const connection = await toy.open();
    const answers = ['3', '1', '2'].map((group) => connection.send(Heartbeat, beat(group)));
    expect((await toy.drive(Promise.all(answers))).map(({ errorCode }) => errorCode)).toEqual([3, 1, 2]);
    connection.close();
  });

  test('the header carries the client id and a correlation id of its own for each request', async () => {
    const toy = new Toy();
    await toy.listen(ok);
    const connection = await toy.open({ clientId: 'ada' });
    for (let round = 0; round < 3; round++) await toy.drive(connection.send(Heartbeat, beat('g')));
    expect(toy.asked.map(({ header }) => header.clientId)).toEqual(['ada', 'ada', 'ada']);
    expect(new Set(toy.asked.map(({ header }) => header.correlationId)).size).toBe(3);
    connection.close();
  });

  test('at most maxInFlight wait for their answer; the others stand in line, in order', async () => {
    const toy = new Toy();
    const open: Asked[] = [];
    await toy.listen((asked) => open.push(asked));
    const connection = await toy.open({ maxInFlight: 2 });
    const answers = Promise.all(['a', 'b', 'c', 'd'].map((group) => connection.send(Heartbeat, beat(group))));
    const groups = () => toy.asked.map(({ body }) => body.groupId);
    await toy.drive(toy.host.clock.sleep(100));
    expect(groups()).toEqual(['a', 'b']);
    ok(open[0]);
    await toy.drive(toy.host.clock.sleep(100));
    expect(groups()).toEqual(['a', 'b', 'c']);
    ok(open[1]);
    ok(open[2]);
    await toy.drive(toy.host.clock.sleep(100));
    ok(open[3]);
    expect(await toy.drive(answers)).toHaveLength(4);
    expect(groups()).toEqual(['a', 'b', 'c', 'd']);
    connection.close();
  });

  test('a request without an answer does not wait for one, and does not confuse those that do', async () => {
    const toy = new Toy();
    await toy.listen((asked) => asked.header.apiKey === Heartbeat.key && ok(asked));
    const connection = await toy.open();
    await toy.drive(connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 1, topicData: [] }));
    expect(await toy.drive(connection.send(Heartbeat, beat('g')))).toMatchObject({ errorCode: 0 });
    connection.close();
  });

  test('every request is one event of the trace, with what the sender wants to say about it', async () => {
    const toy = new Toy();
    await toy.listen(ok);
    const connection = await toy.open();
    await toy.drive(connection.send(Heartbeat, beat('g'), { detail: { group: 'g' } }));
    const sent = toy.host.trace.events.filter(({ what }) => what === 'request.sent').map(({ detail }) => detail);
    expect(sent).toEqual([
      { to: 'broker:9092', api: 'ApiVersions', version: 4, correlationId: 1 },
      { to: 'broker:9092', api: 'Heartbeat', version: 4, correlationId: 2, group: 'g' },
    ]);
    connection.close();
  });
});

describe('versions', () => {
  test('the highest version that both know is used', async () => {
    const toy = new Toy();
    await toy.listen(ok, { [Heartbeat.key]: [0, 2] });
    const connection = await toy.open();
    await toy.drive(connection.send(Heartbeat, beat('g')));
    expect(toy.asked[0].header.apiVersion).toBe(2);
    expect(connection.versionOf(Heartbeat)).toBe(2);
    connection.close();
  });

  test('without a common version nothing is sent, and the error names both ranges', async () => {
    const toy = new Toy();
    await toy.listen(ok, { [Heartbeat.key]: [7, 9] });
    const connection = await toy.open();
    const error = await failure(toy.drive(connection.send(Heartbeat, beat('g'))));
    expect(error.name).toBe('UnsupportedApi');
    expect(error.message).toContain('Heartbeat 7 to 9, and this library has 0 to 4');
    expect(toy.asked).toEqual([]);
    connection.close();
  });

  test('a broker that does not know our ApiVersions is asked again in a version that it knows', async () => {
    const toy = new Toy();
    const tried: number[] = [];
    await toy.listen(ok, (asked) => {
      const { apiVersion } = asked.header;
      tried.push(apiVersion);
      if (apiVersion > 1) {
        const apiKeys = [{ apiKey: 18, minVersion: 0, maxVersion: 1 }];
        asked.answer({ errorCode: Errors.UNSUPPORTED_VERSION.code, apiKeys }, 0);
      } else asked.answer({ errorCode: 0, apiKeys: versions({ [Heartbeat.key]: [0, 1] }) });
    });
    const connection = await toy.open();
    expect(tried).toEqual([4, 1]);
    expect(connection.versionOf(Heartbeat)).toBe(1);
    connection.close();
  });

  test('an API that the broker does not announce is not sent', async () => {
    const toy = new Toy();
    await toy.listen(ok, (asked) => asked.answer({ errorCode: 0, apiKeys: [] }));
    const connection = await toy.open();
    const error = await failure(toy.drive(connection.send(ListGroups, { statesFilter: [], typesFilter: [] })));
    expect(error.message).toBe('the broker at broker:9092 does not offer ListGroups');
    connection.close();
  });
});

describe('ends', () => {
  test('nobody there: ConnectionLost', async () => {
    const toy = new Toy();
    expect((await failure(toy.open())).name).toBe('ConnectionLost');
  });

  test('somebody who accepts and stays silent is given up', async () => {
    const toy = new Toy();
    await toy.listen(ok, () => {});
    expect((await failure(toy.open({ requestTimeoutMs: 500 }))).name).toBe('RequestTimedOut');
    expect(toy.host.clock.monotonicMs()).toBeGreaterThanOrEqual(500);
  });

  test('a request that takes too long ends the connection, and all that wait behind it', async () => {
    const toy = new Toy();
    await toy.listen(() => {});
    const connection = await toy.open();
    // The second has the earlier deadline, although it was sent later.
    const patient = failure(connection.send(Heartbeat, beat('patient'), { timeoutMs: 60_000 }));
    const hasty = failure(connection.send(Heartbeat, beat('hasty'), { timeoutMs: 100 }));
    const started = toy.host.clock.monotonicMs();
    const [first, second] = await toy.drive(Promise.all([patient, hasty]));
    expect(toy.host.clock.monotonicMs() - started).toBe(100);
    expect([first.name, second.name]).toEqual(['RequestTimedOut', 'RequestTimedOut']);
    await toy.drive(connection.closed);
    expect((await failure(connection.send(Heartbeat, beat('late')))).name).toBe('RequestTimedOut');
  });

  test('a request without an answer that cannot be written in time ends the connection too', async () => {
    const toy = new Toy();
    await toy.listen(() => new Promise(() => {})); // After the first request it reads no more, until no buffer has room.
    const connection = await toy.open({ requestTimeoutMs: 500 });
    const writes = Array.from({ length: 20 }, () => connection.sendWithoutAnswer(Heartbeat, beat('x'.repeat(30_000))));
    const results = await toy.drive(Promise.allSettled(writes));
    expect(results[0].status).toBe('fulfilled');
    expect(results.at(-1)).toMatchObject({
      status: 'rejected',
      reason: {
        name: 'RequestTimedOut',
        message: 'Heartbeat could not be written to broker:9092 within 500 ms; the connection is given up',
      },
    });
    await toy.drive(connection.closed);
  });

  test('one that was written in time does not: nobody waits for it any more', async () => {
    const toy = new Toy();
    await toy.listen((asked) => asked.header.apiKey === Heartbeat.key && ok(asked));
    const connection = await toy.open({ requestTimeoutMs: 500 });
    await toy.drive(connection.sendWithoutAnswer(Produce, { acks: 0, timeoutMs: 1, topicData: [] }));
    await toy.drive(toy.host.clock.sleep(1000));
    expect(await toy.drive(connection.send(Heartbeat, beat('g')))).toMatchObject({ errorCode: 0 });
    connection.close();
  });

  test.each([
    ['ends', (asked: Asked) => asked.stream.abort('enough'), /has ended/],
    ['answers a question that nobody asked', (asked: Asked) => asked.answer({ errorCode: 0 }, 4, 99), /response 99/],
    ['answers with too few bytes', (asked: Asked) => void asked.stream.write([cut]), /bytes/],
    ['announces 2 GB', (asked: Asked) => void asked.stream.write([huge]), /2147483647 bytes is announced/],
    ['announces a negative length', (asked: Asked) => void asked.stream.write([negative]), /-1 bytes is announced/],
  ])('a broker that %s is left, and the caller hears of it', async (_, misbehave, message) => {
    const toy = new Toy();
    await toy.listen(misbehave);
    const connection = await toy.open();
    const error = await failure(toy.drive(connection.send(Heartbeat, beat('g'))));
    expect(error.name).toBe('ConnectionLost');
    expect(error.message).toMatch(message);
    await toy.drive(connection.closed);
    expect(connection.isOpen).toBe(false);
  });

  test('close rejects what is under way and what is sent afterwards; twice is harmless', async () => {
    const toy = new Toy();
    await toy.listen(() => {});
    const connection = await toy.open();
    const waiting = failure(connection.send(Heartbeat, beat('g')));
    connection.close();
    connection.close();
    expect((await waiting).name).toBe('ConnectionLost');
    expect((await failure(connection.send(Heartbeat, beat('g')))).name).toBe('ConnectionLost');
    expect((await failure(connection.sendWithoutAnswer(Heartbeat, beat('g')))).name).toBe('ConnectionLost');
  });

  test('a request that cannot be written fails alone', async () => {
    const toy = new Toy();
    await toy.listen(ok);
    const connection = await toy.open();
    const error = await failure(connection.send(Heartbeat, beat('x'.repeat(40_000)), { version: 0 }));
    expect(error.name).toBe('RangeError');
    expect(await toy.drive(connection.send(Heartbeat, beat('g')))).toMatchObject({ errorCode: 0 });
    connection.close();
  });
});

/** Frames of bad intent. The first answers correlation id 2, the first request after ApiVersions, and then stops. */
const cut = new Uint8Array([0, 0, 0, 4, 0, 0, 0, 2]);
const huge = new Uint8Array([0x7f, 0xff, 0xff, 0xff]);
const negative = new Uint8Array([0xff, 0xff, 0xff, 0xff]);
