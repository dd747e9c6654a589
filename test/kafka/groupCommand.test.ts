/**
 * Java's ConsumerGroupCommand on our broker and on Apache Kafka: the same groups on both, the same commands, and what is printed compared line by line. Only
 * what no two brokers share is evened out before: ports, ids, the width of columns, and the order of rows, which is that of a hash map.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Consumer, Kafka } from '../../lib/index.ts';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { classPath } from './jars.mjs';
import { observedProperties } from './observations/book.ts';

const PARTITIONS = 4;
const RECORDS = 10;
const HOUR_MS = 3_600_000;
/** Record 0 is 23 and a half hours old, record 9 is 14 and a half: no hour strikes while the test runs. */
const begin = Date.now() - 23.5 * HOUR_MS;
const END_OF_OUTPUT = 'that was all';

const folder = mkdtempSync(join(tmpdir(), 'kafkaito-groups-'));
let served: ServedKafka;

beforeAll(async () => {
  served = await serve({ port: 0, config: observedProperties });
  writeFileSync(join(folder, 'nonsense.csv'), 'this is no plan\n');
});

afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

const group = '--group command';
const reset = `--reset-offsets ${group} --topic command-ledger`;

/** What the group is called, and what the name of everything else begins with; a second try, which must not meet the first, shouts it. */
type Name = 'command' | 'COMMAND';

/** While two members share the topic. */
const whileTheyRead = [
  '--list',
  '--list --state',
  '--list --state stable',
  '--list --state empty,dead',
  '--list --type',
  '--list --type classic',
  '--list --type consumer',
  `--describe ${group}`,
  `--describe ${group} --offsets --verbose`,
  `--describe ${group} --members`,
  `--describe ${group} --members --verbose`,
  `--describe ${group} --state`,
  `--describe ${group} --state --verbose`,
  `${reset} --to-earliest --execute`,
  `--delete-offsets ${group} --topic command-ledger`,
  `--delete ${group}`,
];

/** When they have gone. */
const onceTheyHaveGone = [
  '--list --state empty',
  `--describe ${group}`,
  `--describe ${group} --members`,
  `--describe ${group} --state`,
  `${reset} --to-earliest`,
  `${reset} --to-latest --dry-run`,
  `${reset} --to-offset 4 --execute`,
  `--describe ${group}`,
  `${reset} --to-offset 99 --execute`,
  `--describe ${group}`,
  `${reset} --shift-by -3 --execute`,
  `${reset} --shift-by -100 --dry-run`,
  `${reset} --shift-by 100 --dry-run`,
  `${reset} --by-duration PT21H --execute`,
  `${reset} --by-duration PT1H`,
  `${reset} --by-duration P9D`,
  `${reset} --to-datetime 2020-01-01T00:00:00.000`,
  `${reset} --to-datetime yesterday`,
  `${reset} --to-current --execute`,
  `--reset-offsets ${group} --topic command-ledger:0,2 --to-latest --execute`,
  `--reset-offsets ${group} --topic command-ledger:9 --to-latest --execute`,
  `--reset-offsets ${group} --topic nowhere --to-latest --execute`,
  `--reset-offsets ${group} --all-topics --to-current`,
  `${reset} --to-current --export`,
  `--reset-offsets ${group} --from-file plan.csv --execute`,
  `--reset-offsets ${group} --from-file nonsense.csv --execute`,
  `--describe ${group}`,
  `--delete-offsets ${group} --topic command-ledger:1`,
  `--delete-offsets ${group} --topic nowhere`,
  `--describe ${group}`,
  `--delete-offsets ${group} --topic command-ledger`,
  `--reset-offsets --group command-made-up --topic command-ledger --to-offset 3 --execute`,
  '--describe --group command-made-up',
  '--delete --group command --group nobody',
  '--delete --group command-made-up',
  '--list --state',
];

/** Before there is the group. */
const ofNobody = [
  '--describe --group nobody',
  '--describe --group nobody --members',
  '--describe --group nobody --state',
  '--reset-offsets --group nobody --topic command-ledger --to-offset 3',
  '--delete-offsets --group nobody --topic command-ledger',
];

/**
 * Since version 6 of DescribeGroups (KIP-1043) Kafka answers an error for a group that does not exist. We speak version 5, in which the group is Dead, and the
 * command says the same in its own words.
 */
const notFound = {
  theirs:
    'Error: Executing consumer group command failed due to org.apache.kafka.common.errors.GroupIdNotFoundException: Group nobody not found.',
  ours: "Error: Consumer group 'nobody' does not exist.",
};
const differences = new Map(
  ofNobody.filter((command) => command.startsWith('--describe')).map((command) => [command, notFound]),
);

interface Said {
  readonly command: string;
  readonly lines: readonly string[];
}

test('ConsumerGroupCommand says the same of both', { timeout: 240_000 }, async ({ task }) => {
  const name: Name = task.result?.retryCount ? 'COMMAND' : 'command';
  writeFileSync(join(folder, 'plan.csv'), `"${name}-ledger",0,7\n"${name}-ledger",3,2\n`);
  const brokers = [inject('apacheKafka').bootstrap, served.bootstrap];
  const [theirs, ours] = await Promise.all(brokers.map((bootstrap) => play(bootstrap, name)));
  for (const [index, { command, lines }] of ours.entries()) {
    const its = differences.get(command);
    if (its === undefined) {
      expect.soft({ command, lines }).toEqual(theirs[index]);
    } else {
      expect.soft(lines, command).toContain(its.ours);
      expect.soft(theirs[index].lines, command).toContain(its.theirs);
    }
  }
  // That they agree would be little if they agreed on errors.
  const said = (command: string) => ours.find((one) => one.command === command)!.lines;
  expect(said('--list --state stable')).toContain('command Stable');
  expect(said(`--describe ${group}`)).toContain('command command-ledger 2 10 10 0 consumer-ID /127.0.0.1 consumer');
});

async function play(bootstrap: string, name: Name): Promise<Said[]> {
  const kafka = await connect(bootstrap);
  const commands = new Commands(bootstrap, name);
  const said: Said[] = [];
  const all = async (list: readonly string[]) => {
    for (const command of list) said.push({ command, lines: await commands.run(command) });
  };
  try {
    await kafka.admin().createTopics({ [`${name}-ledger`]: PARTITIONS });
    await write(kafka, `${name}-ledger`);
    await all(ofNobody);
    const end = await read(kafka, name);
    await all(whileTheyRead);
    await end();
    await all(onceTheyHaveGone);
  } finally {
    commands.end();
    await kafka.close();
  }
  return said;
}

async function write(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const records = Array.from({ length: RECORDS }, (_, index) => ({ value: 'x', timestamp: begin + index * HOUR_MS }));
    await producer.send(records.map((record) => ({ topic, partition, ...record })));
  }
  await producer.close();
}

/** Two members, one of them with a name, who have committed something for three of the four partitions. Answers what ends the group. */
async function read(kafka: Kafka, name: Name): Promise<() => Promise<void>> {
  const settings = { groupId: name, autoOffsetReset: 'earliest', enableAutoCommit: false } as const;
  const common = { ...settings, sessionTimeoutMs: 5000, heartbeatIntervalMs: 200, clientId: 'consumer' };
  const members = [
    new Reader(kafka.consumer({ ...common, groupInstanceId: 'anna' }), `${name}-ledger`),
    new Reader(kafka.consumer(common), `${name}-ledger`),
  ];
  await Promise.all(members.map(({ committed }) => committed));
  return async () => {
    await Promise.all(members.map((member) => member.leave()));
    // Who has a name says no goodbye: its session has to end.
    const isEmpty = async () => (await kafka.admin().describeGroups([name]))[0].state === 'Empty';
    while (!(await isEmpty())) await sleep(100);
  };
}

class Reader {
  readonly committed: Promise<void>;
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #ended: Promise<void>;
  #isLeaving = false;

  constructor(consumer: Consumer, topic: string) {
    this.#consumer = consumer;
    this.#topic = topic;
    let committed = () => {};
    this.committed = new Promise((resolve) => {
      committed = resolve;
    });
    this.#ended = this.#run(committed);
  }

  leave(): Promise<void> {
    this.#isLeaving = true;
    return this.#ended;
  }

  async #run(committed: () => void): Promise<void> {
    await this.#consumer.subscribe([this.#topic]);
    while (this.#consumer.assignment().length !== PARTITIONS / 2) await this.#consumer.poll('50 ms');
    const offsets = [3, 0, 10].map((offset, partition) => ({ topic: this.#topic, partition, offset }));
    const mine = new Set(this.#consumer.assignment().map(({ partition }) => partition));
    await this.#consumer.commitSync(offsets.filter(({ partition }) => mine.has(partition)));
    committed();
    while (!this.#isLeaving) await this.#consumer.poll('50 ms');
    await this.#consumer.close();
  }
}

/** The command, again and again, in one Java machine (GroupCommands.java). */
class Commands {
  readonly #bootstrap: string;
  readonly #name: Name;
  readonly #java;
  readonly #lines;

  constructor(bootstrap: string, name: Name) {
    this.#bootstrap = bootstrap;
    this.#name = name;
    const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m'];
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';
    const source = fileURLToPath(new URL('GroupCommands.java', import.meta.url));
    const args = [...quick, quiet, '-cp', classPath, source, END_OF_OUTPUT];
    this.#java = spawn('java', args, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#java.stdout })[Symbol.asyncIterator]();
  }

  /** What is printed, evened out. */
  async run(command: string): Promise<string[]> {
    const named = command.replaceAll('command', this.#name);
    this.#java.stdin.write(`--bootstrap-server ${this.#bootstrap} ${named}\n`);
    const lines: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`Java ended in the middle of ${command}: ${lines.join('\n')}`);
      if (value === END_OF_OUTPUT) break;
      lines.push(value);
    }
    return lines
      .map((line) => this.#even(line))
      .filter((line) => isOfInterest(command, line))
      .sort();
  }

  end(): void {
    this.#java.stdin.end();
  }

  #even(line: string): string {
    return line
      .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')
      .replaceAll(new RegExp(`${this.#bootstrap} +\\(\\d+\\)`, 'g'), 'BROKER')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(this.#name, 'command')
      .trim();
  }
}

/** On Apache Kafka there are groups of other tests as well, and where in its code Java has thrown something is its own affair. */
function isOfInterest(command: string, line: string): boolean {
  if (line === '' || line.startsWith('at ') || line.startsWith('... ')) return false;
  return !command.startsWith('--list') || /^(GROUP|command(-made-up)?)( |$)/.test(line);
}
