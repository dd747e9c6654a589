/** A play in words: one moment for those who do not see the picture, and all of them as a list for those who have no buttons to press. */
import {
  duration,
  type MemberScene,
  type PartitionScene,
  type Play,
  patienceMs,
  type Scene,
  seconds,
} from './scene.ts';

/** What happens in this moment, as one sentence; in a moment between two, that nothing does. */
export function sentenceOf({ says }: Scene): string {
  return says.length === 0 ? 'nothing happens' : says.map(({ text }) => text).join('; ');
}

/** Everything that the picture shows, a line for each thing in it. */
export function sceneWords(scene: Scene): string[] {
  const { at, group, partitions, members, done } = scene;
  return [
    `${seconds(at)}: ${sentenceOf(scene)}.`,
    ...(group === undefined ? [] : [`The group ${group.name} is ${group.state}, generation ${group.generation}.`]),
    ...partitions.map(partitionWords),
    ...members.map((member) => memberWords(member, at)),
    ...(done.length === 0 ? [] : [`Done outside Kafka: ${done.join(', ')}.`]),
  ];
}

/** The marks of a partition by name and shape, as in every drawing of the course. */
export function marksOf({ position, committed, highWatermark, logEnd }: PartitionScene) {
  return [
    { name: 'committed', shape: '◆', offset: committed },
    { name: 'position', shape: '▲', offset: position },
    { name: 'high watermark', shape: '━', offset: highWatermark },
    { name: 'log end', shape: '▌', offset: logEnd },
  ].flatMap(({ offset, ...mark }) => (offset === undefined ? [] : [{ ...mark, offset }]));
}

function partitionWords(partition: PartitionScene): string {
  const { name, readers } = partition;
  const marks = marksOf(partition).map((mark) => `${mark.shape} ${mark.name} ${mark.offset}`);
  return `${name}: read by ${readers.join(' and ') || 'nobody'}; ${marks.join(', ')}.`;
}

const STATES = {
  absent: 'is not there yet',
  running: '',
  frozen: 'is frozen',
  killed: 'is killed',
  ended: 'has ended',
};

function memberWords(member: MemberScene, atMs: number): string {
  const { name, state, reads, leads, asks, beatAt, polled } = member;
  const left = patienceMs(member, atMs);
  const facts = [
    STATES[state],
    state === 'running' || state === 'frozen'
      ? reads.length === 0
        ? 'reads nothing'
        : `has ${reads.join(' and ')}`
      : '',
    leads ? 'leads' : '',
    asks === undefined ? '' : `has waited ${duration(atMs - asks.since)} for an answer to ${asks.what}`,
    left === undefined ? '' : `is given up in ${duration(left)} unless it is heard`,
    beatAt === undefined ? '' : `last heartbeat ${duration(atMs - beatAt)} ago`,
    polled === undefined ? '' : polled.isPolling ? 'in poll' : `last poll ${duration(atMs - polled.at)} ago`,
  ];
  return `${name}: ${facts.filter((fact) => fact !== '').join('; ')}.`;
}

/** The whole play: the verdict, the decisive moment in full, and every moment in a line. */
export function playWords({ caption, moments, decisive, verdict }: Play): string {
  const width = Math.max(...moments.map(({ at }) => seconds(at).length));
  const list = moments.map(
    (scene, place) => `${place === decisive ? '▶' : ' '} ${seconds(scene.at).padStart(width)}  ${sentenceOf(scene)}`,
  );
  const scene = sceneWords(moments[decisive]).map((line) => `  ${line}`);
  return [caption, ...verdict.map((line) => `  ${line}`), ...scene, '', ...list].join('\n');
}
