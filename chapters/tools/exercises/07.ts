/**
 * The newsroom of chapter 07: six articles in two partitions, programs that show them, and the check of who shows what.
 *
 * The exercise asks for two programs of two copies each, where each program shows every article once and goes on when one of its copies dies. The
 * answer is nothing but the names of groups; what comes of them is seen by running all of it.
 */
import { type Assignor, type Kafka, range, roundRobin, type SimulatedKafka, simulate } from '../../../lib/index.ts';
import { Verdict } from '../index.ts';

const titles = ['Flood', 'Rowing', 'Harbour', 'Elections', 'Bakery', 'Chess'];
const PARTITIONS = 2;

/** A fresh world with six articles, by turns in the two partitions of the topic `articles`. */
export async function newsroom(seed = 7): Promise<SimulatedKafka> {
  const kafka = await simulate({ seed, topics: { articles: PARTITIONS } });
  await publish(kafka, titles);
  return kafka;
}

async function publish(kafka: Kafka, values: readonly string[]): Promise<void> {
  const producer = kafka.producer();
  for (const [index, value] of values.entries()) {
    await producer.send({ topic: 'articles', partition: index % PARTITIONS, value });
  }
  await producer.close();
}

/** What each copy of a program has shown. */
export class Pages {
  readonly #shown = new Map<string, string[]>();

  /** The page of one copy, to which it adds what it shows. */
  of(copy: string): string[] {
    const page = this.#shown.get(copy) ?? [];
    this.#shown.set(copy, page);
    return page;
  }

  /** One line for each copy, by name. */
  get text(): string {
    const width = Math.max(...[...this.#shown.keys()].map((copy) => copy.length));
    const lines = [...this.#shown]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([copy, shown]) => `${copy.padEnd(width)}  ${shown.length}  ${shown.join(', ')}`);
    return lines.map((line) => line.trimEnd()).join('\n');
  }
}

/** Four members of one group that all read two topics of two partitions each; answers how many partitions each of them got. */
export async function fourMembers(strategy: Assignor): Promise<Record<string, number>> {
  const kafka = await simulate({ seed: 7, topics: { articles: 2, pictures: 2 } });
  const names = ['member 1', 'member 2', 'member 3', 'member 4'];
  const counts: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  for (const name of names) {
    kafka.world.spawn(name, async (own) => {
      const consumer = own.consumer({ groupId: 'website', partitionAssignmentStrategy: [strategy] });
      const onPartitionsAssigned = (partitions: readonly unknown[]) => {
        counts[name] = partitions.length;
      };
      await consumer.subscribe(['articles', 'pictures'], { onPartitionsAssigned });
      for await (const _ of consumer);
    });
  }
  await kafka.world.pass('10 s');
  await kafka.close();
  return counts;
}

/** The warm-up: a strategy with which none of the four is idle. */
export async function checkBusy(strategy: Assignor): Promise<void> {
  console.log((await judgeBusy(strategy)).text);
}

export async function judgeBusy(strategy: Assignor): Promise<Verdict> {
  const counts = await fourMembers(strategy);
  const idle = Object.keys(counts).filter((name) => counts[name] === 0);
  const lines = [
    'wanted: a partition for each of the four members',
    `came: ${Object.entries(counts)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ')}`,
  ];
  if (idle.length === 0) return new Verdict(true, [...lines, 'It deals out the partitions of all topics in one go.']);
  return new Verdict(false, [
    ...lines,
    strategy === range
      ? 'range cuts each topic by itself, and the first two members are the first for every topic.'
      : `With ${strategy.name} there is nothing to read for ${idle.join(' and ')}.`,
  ]);
}

/** One copy of a program: `website 1` belongs to the program `website`. */
export interface Copy {
  readonly name: string;
  readonly groupId: string;
}

/** The exercise: prints whether each program shows every article once, and goes on when one of its copies is killed. */
export async function check(copies: readonly Copy[]): Promise<void> {
  console.log((await judge(copies)).text);
}

export async function judge(copies: readonly Copy[]): Promise<Verdict> {
  const kafka = await newsroom();
  const pages = new Map<string, string[]>(copies.map(({ name }) => [name, []]));
  const tasks = copies.map(({ name, groupId }) =>
    kafka.world.spawn(name, async (own) => {
      const consumer = own.consumer({ groupId, autoOffsetReset: 'earliest', autoCommitIntervalMs: 1000 });
      await consumer.subscribe(['articles']);
      for await (const { value } of consumer) pages.get(name)?.push(String(value));
    }),
  );
  await kafka.world.pass('20 s');
  const calm = new Map([...pages].map(([name, shown]) => [name, [...shown]]));
  for (const program of programsOf(copies)) tasks[copies.findIndex(({ name }) => programOf(name) === program)].crash();
  await kafka.world.pass('2 min');
  const later = ['Tides', 'Theatre'];
  await publish(kafka, later);
  await kafka.world.pass('20 s');
  await kafka.close();
  return verdict(copies, calm, pages, later);
}

function verdict(
  copies: readonly Copy[],
  calm: ReadonlyMap<string, readonly string[]>,
  pages: ReadonlyMap<string, readonly string[]>,
  later: readonly string[],
): Verdict {
  const programs = programsOf(copies);
  const shownBy = (program: string, from: ReadonlyMap<string, readonly string[]>) =>
    copies.filter(({ name }) => programOf(name) === program).flatMap(({ name }) => from.get(name) ?? []);
  const lines = [
    'wanted: the website and the archive show each of six articles once, and go on when a copy is killed',
    ...programs.map((program) => `${program}: ${timesShown(shownBy(program, calm))}`),
  ];
  const not = (...remarks: string[]) => new Verdict(false, [...lines, ...remarks]);
  if (programs.join() !== 'website,archive')
    return not('Keep the names: two copies called website, two called archive.');

  const mixed = copies.find((one) =>
    copies.some((two) => one.groupId === two.groupId && programOf(one.name) !== programOf(two.name)),
  );
  if (mixed) {
    return not(
      `The group ${mixed.groupId} has members of both programs. Whatever its members are called, a group sees each article once: what one program shows, the other never gets.`,
    );
  }
  const repeats = programs.find((program) => shownBy(program, calm).length > titles.length);
  if (repeats) {
    return not(
      `The copies of the ${repeats} are in groups of their own, and every group sees every article. So the ${repeats} shows each of them more than once.`,
    );
  }
  const idle = copies.find(({ name }) => calm.get(name)?.length === 0);
  if (idle) {
    return not(`${idle.name} has nothing to do: there are two partitions, and each has one reader in a group.`);
  }
  const alone = programs.find((program) => !later.every((title) => shownBy(program, pages).includes(title)));
  if (alone) {
    return not(
      `After one copy was killed, nobody showed what came later at the ${alone}. A single copy has nobody who takes over: start two.`,
    );
  }
  return new Verdict(true, [
    ...lines,
    'Two groups, two members each. A copy of each was killed, and the other took its partition over.',
  ]);
}

function programOf(copy: string): string {
  return copy.split(' ')[0];
}

function programsOf(copies: readonly Copy[]): string[] {
  return [...new Set(copies.map(({ name }) => programOf(name)))];
}

function timesShown(shown: readonly string[]): string {
  const counts = titles.map((title) => shown.filter((one) => one === title).length);
  const said = [0, 1, 2, 3, 4].flatMap((times) => {
    const many = counts.filter((count) => count === times).length;
    return many === 0 ? [] : [`${many} ${times === 0 ? 'never' : times === 1 ? 'once' : `${times} times`}`];
  });
  return said.join(', ');
}

export const strategies = { range, roundRobin };
