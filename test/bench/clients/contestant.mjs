/**
 * The side of a client in a contest: a process that gets jobs as lines of JSON, does them with one client library, and answers what each has
 * cost, again as a line of JSON. `librdkafka.py` does the same in Python, and contender.ts is the other side.
 *
 * A job is the life of a client: it connects, does its work, and has cost what the process has used up until then. Leaving is not counted, since
 * some take their leave by waiting.
 */
import { createInterface } from 'node:readline';

/**
 * @typedef {object} Job
 * @property {'produce' | 'consume' | 'oneByOne'} what
 * @property {string} bootstrap `host:port`
 * @property {string} topic
 * @property {number} partitions
 * @property {number} records how many in all
 * @property {number} recordBytes size of a value
 * @property {number} sendRecords how many are sent at once; the next are sent when these are acknowledged
 * @property {number} fetchBytes of one partition, in one answer
 * @property {string} group a name that no group has had yet
 *
 * @typedef {(job: Job) => Promise<() => Promise<unknown>>} Work does the job and answers how the client takes its leave
 *
 * @typedef {object} Client
 * @property {Work} produce
 * @property {Work} consume
 * @property {(job: Job, arrived: (latencyMs: number) => void) => Promise<() => Promise<unknown>>} [oneByOne] sends a record when the one before has come back
 */

/** @param {Client} client */
export async function takePart(client) {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await run(client, JSON.parse(line)).catch((error) => ({ error: String(error?.stack ?? error) }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit();
}

/**
 * @param {Client} client
 * @param {Job} job
 */
async function run(client, job) {
  /** @type {number[]} */
  const latenciesMs = [];
  const began = performance.now();
  const used = process.cpuUsage();
  const leave = await (job.what === 'oneByOne'
    ? client.oneByOne?.(job, (latencyMs) => latenciesMs.push(latencyMs))
    : client[job.what](job));
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - began) / 1000;
  await leave?.();
  return { cpuSeconds: (user + system) / 1e6, seconds, latenciesMs };
}

/**
 * The values of the records, and the partition of each: they take turns.
 * @param {Job} job
 */
export function* sends({ records, recordBytes, sendRecords, partitions }) {
  const value = Buffer.alloc(recordBytes, 'kafkaito ');
  for (let sent = 0; sent < records; sent += sendRecords) {
    const count = Math.min(sendRecords, records - sent);
    yield Array.from({ length: count }, (_, index) => ({ partition: (sent + index) % partitions, value }));
  }
}
