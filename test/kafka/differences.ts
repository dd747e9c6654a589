/**
 * Where our broker answers otherwise than Apache Kafka, and why. Each difference is looked for in every run, on both: when it is gone, or has become another one,
 * its observation fails and the entry has to change. README.md, "What is not there", says the same in fewer words.
 *
 * One thing differs everywhere and is not listed: the words of errors are our own, and we also say some where Kafka says none.
 */
import type { Plain } from './observations/telling.ts';

/** Names of fields and places in lists, from the outside in. */
export type Path = readonly (string | number)[];

export interface Difference {
  /** The observation. */
  readonly sentence: string;
  readonly because: string;
  /** Where in what is observed, and what is there. */
  readonly places: readonly (readonly [at: Path, kafka: Plain, ours: Plain])[];
}

export const differences: readonly Difference[] = [
  {
    sentence: 'null in the place of a batch',
    because: 'Kafka stumbles over it in its own log line and never answers. An answer is better.',
    places: [
      [
        [],
        'no answer within a second',
        {
          errorCode: 'INVALID_RECORD',
          baseOffset: -1,
          logAppendTimeMs: -1,
          logStartOffset: -1,
          recordErrors: [],
          errorMessage: 'words',
        },
      ],
    ],
  },
  {
    sentence: 'a batch whose counts do not fit each other',
    because: 'A batch with a negative count is a damaged one to us, before anything else is looked at.',
    places: [
      [[2, 'errorCode'], 'INVALID_RECORD', 'CORRUPT_MESSAGE'],
      [[2, 'logStartOffset'], 0, -1],
      [[6, 'errorCode'], 'INVALID_RECORD', 'CORRUPT_MESSAGE'],
      [[6, 'logStartOffset'], 0, -1],
    ],
  },
  {
    sentence: 'a batch that calls itself a marker, or of a codec that does not exist',
    because: 'Kafka has no case for a codec that does not exist. To us such a batch is a damaged one.',
    places: [
      [[1, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'CORRUPT_MESSAGE'],
      [[1, 'logStartOffset'], 0, -1],
      [[2, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'CORRUPT_MESSAGE'],
      [[2, 'logStartOffset'], 0, -1],
    ],
  },
  {
    sentence: 'a batch that claims a time of the broker where the producer sets it',
    because: 'Kafka takes it and quietly clears the mark. No client sends one, so we would rather say it.',
    places: [
      [['errorCode'], 'NONE', 'INVALID_TIMESTAMP'],
      [['baseOffset'], 0, -1],
      [['recordErrors'], [], [{ batchIndex: 0, batchIndexErrorMessage: 'words' }]],
      [['errorMessage'], null, 'words'],
    ],
  },
  {
    sentence: 'records that are fewer or more than their batch says',
    because:
      'Batches are stored as they come, by their headers and checksums: records are not taken apart one by one. More of them than the batch has room for are refused.',
    places: [
      [[0, 'errorCode'], 'INVALID_RECORD', 'NONE'],
      [[0, 'baseOffset'], -1, 0],
      [[1, 'errorMessage'], null, 'words'],
    ],
  },
  {
    sentence: 'the latest time that a batch claims is not that of its records',
    because: 'As above: the header is believed, where Kafka writes what it has found into it.',
    places: [
      [[0, 'timestamp'], 1000, -1],
      [[0, 'offset'], 0, -1],
      [[0, 'leaderEpoch'], 0, -1],
    ],
  },
  {
    sentence: 'limits of the answer: zero, a byte, one batch, one batch and a part of the next',
    because:
      'Kafka cuts its answer at a byte, and clients drop the part of a batch at the end. We send whole batches only.',
    places: [
      [
        [3, 1, 'partitions', 0, 'records'],
        ['offsets 0-1, none, created 1000, epoch 0', '10 bytes of a batch'],
        ['offsets 0-1, none, created 1000, epoch 0'],
      ],
    ],
  },
  {
    sentence: 'limits of a partition: zero, a byte, one batch, one batch and a part of the next',
    because: 'As above.',
    places: [
      [
        [3, 1, 'partitions', 0, 'records'],
        ['offsets 0-1, none, created 1000, epoch 0', '10 bytes of a batch'],
        ['offsets 0-1, none, created 1000, epoch 0'],
      ],
    ],
  },
  {
    sentence: 'negative limits',
    because: 'Kafka has no case for them and answers with an error of its own making. We read them as zero.',
    places: [
      [[0, 'partitions', 0, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'NONE'],
      [[0, 'partitions', 0, 'highWatermark'], -1, 6],
      [[0, 'partitions', 0, 'lastStableOffset'], -1, 6],
      [[0, 'partitions', 0, 'logStartOffset'], -1, 0],
      [[0, 'partitions', 0, 'records'], [], ['offsets 0-1, none, created 1000, epoch 0']],
      [[1, 'partitions', 0, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'NONE'],
      [[1, 'partitions', 0, 'highWatermark'], -1, 6],
      [[1, 'partitions', 0, 'lastStableOffset'], -1, 6],
      [[1, 'partitions', 0, 'logStartOffset'], -1, 0],
      [[1, 'partitions', 0, 'records'], [], ['offsets 0-1, none, created 1000, epoch 0']],
    ],
  },
  {
    sentence: 'an isolation level that does not exist',
    because: 'Kafka has no case for it. We read everything that is not 1 as 0.',
    places: [
      [['errorCode'], 'UNKNOWN_SERVER_ERROR', 'NONE'],
      [['partitions', 0, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'NONE'],
      [['partitions', 0, 'highWatermark'], -1, 6],
      [['partitions', 0, 'lastStableOffset'], -1, 6],
      [['partitions', 0, 'logStartOffset'], -1, 0],
      [['partitions', 0, 'abortedTransactions'], [], null],
      [
        ['partitions', 0, 'records'],
        [],
        [
          'offsets 0-1, none, created 1000, epoch 0',
          'offsets 2-2, none, created 1000, epoch 0',
          'offsets 3-5, none, created 1000, epoch 0',
        ],
      ],
    ],
  },
  {
    sentence: 'by id: a topic, one that nobody has, and the id of nothing',
    because: 'Kafka leaves the id of nothing out of its answer. We answer for all that was asked for.',
    places: [
      [
        [2],
        [],
        [
          {
            topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
            partitions: [
              {
                partitionIndex: 0,
                errorCode: 'UNKNOWN_TOPIC_ID',
                highWatermark: -1,
                lastStableOffset: -1,
                logStartOffset: -1,
                currentLeader: { leaderId: -1, leaderEpoch: -1 },
                abortedTransactions: [],
                records: [],
              },
              {
                partitionIndex: 5,
                errorCode: 'UNKNOWN_TOPIC_ID',
                highWatermark: -1,
                lastStableOffset: -1,
                logStartOffset: -1,
                currentLeader: { leaderId: -1, leaderEpoch: -1 },
                abortedTransactions: [],
                records: [],
              },
            ],
          },
        ],
      ],
    ],
  },
  {
    sentence: 'the largest time when its record has been deleted',
    because: 'Kafka names a record that nobody can read any more. We name the one that can be read.',
    places: [[[1], 'NONE: offset 0, time 5000, epoch 0', 'NONE: offset 2, time 2000, epoch 0']],
  },
  {
    sentence: 'the largest time when all records have been deleted',
    because: 'As above: there is none.',
    places: [[[1], 'NONE: offset 1, time 2000, epoch 0', 'NONE: offset -1, time -1, epoch -1']],
  },
  {
    sentence: 'a topic by id and name at once, and by neither',
    because: 'Kafka has no case for it.',
    places: [
      [[1, 0, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'UNKNOWN_TOPIC_ID'],
      [[1, 0, 'name'], '', null],
    ],
  },
  {
    sentence: 'a topic is made when somebody asks for it',
    because: 'Kafka makes it while the client asks again. Here it is there in the first answer.',
    places: [
      [[0, 0, 'errorCode'], 'UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
      [[0, 0, 'topicId'], 'AAAAAAAAAAAAAAAAAAAAAA', 'some'],
      [
        [0, 0, 'partitions'],
        [],
        [
          {
            errorCode: 'NONE',
            partitionIndex: 0,
            leaderId: 'the broker',
            leaderEpoch: 0,
            replicaNodes: ['the broker'],
            isrNodes: ['the broker'],
            offlineReplicas: [],
          },
        ],
      ],
    ],
  },
  {
    sentence: 'a name that differs from another only in a dot',
    because: 'Kafka lets the client ask for ever, since it hears of the refusal only in its own log.',
    places: [[[0, 'errorCode'], 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION']],
  },
  {
    sentence: 'a new topic that is only checked',
    because: 'Kafka rolls an id for a topic that is not made.',
    places: [[[0, 0, 'topicId'], 'some', 'AAAAAAAAAAAAAAAAAAAAAA']],
  },
  {
    sentence: 'topics are made without time to wait for them',
    because:
      "Kafka's controller gives up before it begins. Here a topic is made before the answer, and there is nothing to wait for.",
    places: [
      [[0, 0, 'topicId'], 'AAAAAAAAAAAAAAAAAAAAAA', 'some'],
      [[0, 0, 'errorCode'], 'REQUEST_TIMED_OUT', 'NONE'],
      [[0, 0, 'numPartitions'], -1, 1],
      [[0, 0, 'replicationFactor'], -1, 1],
      [[0, 0, 'configs'], false, true],
      [[1], false, true],
    ],
  },
  {
    sentence: 'partitions of the internal topic',
    because:
      'Every group would be looked for in another partition than the one that has it, in Kafka as well. We refuse it.',
    places: [
      [[0, 'errorCode'], 'NONE', 'INVALID_REQUEST'],
      [[0, 'errorMessage'], null, 'words'],
    ],
  },
  {
    sentence: 'changes of single settings: what is taken and what is refused',
    because: 'Kafka has no case for an operation that does not exist.',
    places: [[[7, 1, 'errorCode'], 'UNKNOWN_SERVER_ERROR', 'INVALID_REQUEST']],
  },
  {
    sentence: 'settings of the broker that cannot be changed while it runs',
    because:
      'Kafka keeps any name, in case a plug-in knows it. There are no plug-ins here: what is taken and then ignored is worse than a refusal.',
    places: [
      [[2, 1, 'errorCode'], 'NONE', 'INVALID_REQUEST'],
      [[2, 1, 'errorMessage'], null, 'words'],
    ],
  },
  {
    sentence: 'Produce in the versions that carry older records',
    because:
      "Kafka announces these versions for librdkafka's sake and then closes the connection. We answer UNSUPPORTED_VERSION in their form.",
    places: [
      [[0], 'closed', 'answered'],
      [[1], 'closed', 'answered'],
      [[2], 'closed', 'answered'],
    ],
  },
  {
    sentence: 'a string that is longer than its request, and more entries than there is room for',
    because: 'Kafka reads every negative count as null. In this protocol -1 is null, and others are damage.',
    places: [[[3], 'answered', 'closed']],
  },
  {
    sentence: 'a producer with a transactional id',
    because: 'There are no transactions.',
    places: [
      [['errorCode'], 'NONE', 'INVALID_REQUEST'],
      [['producerId'], 'some', -1],
      [['producerEpoch'], 0, -1],
    ],
  },
  {
    sentence: 'several groups are described at once, one of them twice',
    because:
      'Kafka says it as often as it is asked, which can make a gigabyte of answer from a few kilobytes of request.',
    places: [
      [
        [],
        [
          'several-groups-are-described-at-once-one-of-them-twice-one Stable 1',
          'several-groups-are-described-at-once-one-of-them-twice-one Stable 1',
          'several-groups-are-described-at-once-one-of-them-twice-two Dead 0',
        ],
        [
          'several-groups-are-described-at-once-one-of-them-twice-one Stable 1',
          'several-groups-are-described-at-once-one-of-them-twice-two Dead 0',
        ],
      ],
    ],
  },
  {
    sentence: 'a group whose name is empty',
    because:
      'Kafka keeps offsets for it, a leftover of old clients, though nobody can join it. We refuse it everywhere.',
    places: [
      [[0, 0, 1, 0, 'errorCode'], 'NONE', 'INVALID_GROUP_ID'],
      [
        [1],
        [
          'NONE',
          [
            'a-group-whose-name-is-empty-ledger',
            [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, metadata: '', errorCode: 'NONE' }],
          ],
        ],
        ['INVALID_GROUP_ID'],
      ],
      [[2], 'Empty', ''],
      [[4, 0, 'errorCode'], 'NONE', 'INVALID_GROUP_ID'],
      [[5], 'Dead', ''],
    ],
  },
  {
    sentence: 'a join that comes again while the first still waits',
    because: 'Kafka forgets the first request. Who sent it should not have to wait until its own time is over.',
    places: [
      [
        [0],
        'no answer',
        {
          errorCode: 'REBALANCE_IN_PROGRESS',
          generationId: -1,
          protocolType: null,
          protocolName: null,
          leader: '',
          skipAssignment: false,
          memberId: 'b',
          members: [],
        },
      ],
    ],
  },
  {
    sentence: 'a sync that comes again while the first still waits',
    because: 'As above.',
    places: [
      [
        [0],
        'no answer',
        { errorCode: 'REBALANCE_IN_PROGRESS', protocolType: null, protocolName: null, assignment: '' },
      ],
    ],
  },
  {
    sentence: 'two strategies with as many votes',
    because: 'Kafka takes the one that comes first in a hash map, and we the one that the oldest member likes better.',
    places: [
      [[1], 'NONE range', 'NONE roundrobin'],
      [[2], 'NONE range', 'NONE cooperative-sticky'],
    ],
  },
  {
    sentence: 'metadata of a member that is garbage: text, which says that it has two billion topics',
    because:
      'Kafka reads subscriptions to know which offsets may expire, stumbles over this one, and the group stays where it is. We let members say what they like.',
    places: [
      [
        [0],
        'no answer',
        {
          errorCode: 'NONE',
          generationId: 1,
          protocolType: 'consumer',
          protocolName: 'range',
          leader: 'a',
          skipAssignment: false,
          memberId: 'a',
          members: [{ memberId: 'a', groupInstanceId: null, metadata: '5000 bytes that are no subscription' }],
        },
      ],
      [[1], 'no answer', { errorCode: 'NONE', protocolType: 'consumer', protocolName: 'range', assignment: 'work' }],
      [[2, 0, 'groupState'], 'PreparingRebalance', 'Stable'],
      [[2, 0, 'protocolData'], '', 'range'],
      [[2, 0, 'members', 0, 'memberMetadata'], '', '5000 bytes that are no subscription'],
      [[2, 0, 'members', 0, 'memberAssignment'], '', 'work'],
    ],
  },
  {
    sentence: 'a full group prepares: a newcomer may take the place of a member that is late',
    because:
      'Kafka turns the last one away and does not see that nobody is missing any more: the others wait until the rebalance timeout. We let them go on.',
    places: [
      [[1, 0], 'no answer', 'NONE'],
      [[1, 2], 'no answer', 'NONE'],
    ],
  },
];
