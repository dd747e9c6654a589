import { expect, test } from 'vitest';
import { type Around, aroundCalls, aroundKafka } from '../../lib/sim/foreground.ts';

class Client {
  readonly #prefix: string;
  label = 'a client';

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async fetch(value: string): Promise<string> {
    return this.#decorate(value);
  }

  /** Calls itself: that is its own business. */
  async fetchTwice(value: string): Promise<string> {
    return `${await this.fetch(value)} ${await this.fetch(value)}`;
  }

  async fail(): Promise<never> {
    throw new Error('no answer');
  }

  assignment(): string {
    return this.#decorate('assignment');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield 1;
    yield 2;
  }

  #decorate(value: string): string {
    return `${this.#prefix}${value}`;
  }
}

function noting() {
  const calls: string[] = [];
  const around: Around = (what, promise) => {
    calls.push(what);
    return promise;
  };
  return { calls, around };
}

test('calls that answer with a promise go through; others, and what the client calls on itself, do not', async () => {
  const { calls, around } = noting();
  const client = aroundCalls(new Client('>'), 'client', around);
  expect(await client.fetch('a')).toBe('>a');
  expect(await client.fetchTwice('b')).toBe('>b >b');
  expect(client.assignment()).toBe('>assignment');
  expect(client.label).toBe('a client');
  client.label = 'another';
  expect(client.label).toBe('another');
  expect(client).toBeInstanceOf(Client);
  await expect(client.fail()).rejects.toThrow('no answer');
  expect(calls).toEqual(['client.fetch', 'client.fetchTwice', 'client.fail']);
});

test('each step of an async iterator goes through, and leaving the loop too', async () => {
  const { calls, around } = noting();
  const client = aroundCalls(new Client(''), 'client', around);
  const seen: number[] = [];
  for await (const value of client) seen.push(value);
  expect(seen).toEqual([1, 2]);
  expect(calls).toEqual(['client.next', 'client.next', 'client.next']);
  for await (const _ of client) break;
  expect(calls.slice(3)).toEqual(['client.next', 'client.return']);
});

test('a Kafka gives out clients that are stood in for, and its own world', async () => {
  const { calls, around } = noting();
  const kafka = {
    bootstrap: ['broker-0:9092'],
    consumer: (prefix: string) => new Client(prefix),
    close: async () => {},
  };
  const standIn = aroundKafka(kafka, { world: 'the world' }, around);
  expect([standIn.world, standIn.bootstrap]).toEqual(['the world', ['broker-0:9092']]);
  expect(await standIn.consumer('-').fetch('a')).toBe('-a');
  await standIn.close();
  expect(calls).toEqual(['consumer.fetch', 'kafka.close']);
});
