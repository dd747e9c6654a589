import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('in a stable group it is stored when it is safe in the log, and restarts the session', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=5 ledger/1=7
      append ledger/0=5
      append ledger/1=7
      timer session m1 45000
    > offsets
    > appended
      offset.committed ledger/0=5 by m1 @1
      offset.committed ledger/1=7 by m1 @1
      #1 ledger/0 NONE, ledger/1 NONE
    > offsets
      ledger/0=5
      ledger/1=7
    `,
    { timers: true },
  );
});

test('in every state of a group with members', () => {
  transcript(
    `
    > completing m1
    > commit m1 1 ledger/0=1
      #1 ledger/0 REBALANCE_IN_PROGRESS
    > sync m1 1
      append group @1 range m1=-
    > appended
      CompletingRebalance → Stable @1
      #2 assigned -
    > commit m1 1 ledger/0=2
      append ledger/0=2
    > appended
      offset.committed ledger/0=2 by m1 @1
      #3 ledger/0 NONE
    > join m1
      Stable → PreparingRebalance @1
      PreparingRebalance → CompletingRebalance @2
      #4 m1 joined @2 range, leader m1, sees m1:ledger
    > sync m1 2
      append group @2 range m1=-
    > appended
      CompletingRebalance → Stable @2
      #5 assigned -
    > join new id=m2 once
      m2 joined: new
      Stable → PreparingRebalance @2
    > commit m1 2 ledger/0=3
      append ledger/0=3
    > appended
      offset.committed ledger/0=3 by m1 @2
      #7 ledger/0 NONE
    > join m1
      PreparingRebalance → CompletingRebalance @3
      #8 m1 joined @3 range, leader m1, sees m1:ledger m2:ledger
      #6 m2 joined @3 range, leader m1
    > commit m1 2 ledger/0=4
      #9 ledger/0 ILLEGAL_GENERATION
    > commit m1 3 ledger/0=4
      #10 ledger/0 REBALANCE_IN_PROGRESS
    > offsets
      ledger/0=3
    `,
  );
});

test('of a stranger, and in the wrong generation', () => {
  transcript(
    `
    > stable m1
    > commit m9 1 ledger/0=1
      #1 ledger/0 UNKNOWN_MEMBER_ID
    > commit m1 0 ledger/0=1
      #2 ledger/0 ILLEGAL_GENERATION
    > commit m1 2 ledger/0=1
      #3 ledger/0 ILLEGAL_GENERATION
    > commit m1 -1 ledger/0=1
      #4 ledger/0 ILLEGAL_GENERATION
    > commit nobody -1 ledger/0=1
      #5 ledger/0 UNKNOWN_MEMBER_ID
    > commit nobody 1 ledger/0=1
      #6 ledger/0 UNKNOWN_MEMBER_ID
    `,
  );
});

test('from outside the group protocol: a group comes into being, and takes it while it is empty', () => {
  transcript(
    `
    > commit nobody 5 ledger/0=1
      #1 ledger/0 GROUP_ID_NOT_FOUND
    > commit nobody -1 ledger/0=1
      append ledger/0=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      #2 ledger/0 NONE
    > commit m1 -1 ledger/0=2
      append ledger/0=2
    > appended
      offset.committed ledger/0=2 by m1 @-1
      #3 ledger/0 NONE
    > commit m1 0 ledger/0=3
      #4 ledger/0 UNKNOWN_MEMBER_ID
    > join new id=m1 once
      m1 joined: new
      Empty → PreparingRebalance @0
    > commit nobody -1 ledger/0=4
      #6 ledger/0 UNKNOWN_MEMBER_ID
    > offsets
      ledger/0=2
    `,
  );
});

test('nothing is checked about the offset itself', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=999999 ledger/1=-1 ledger/2=-5
      append ledger/0=999999
      append ledger/1=-1
      append ledger/2=-5
    > appended
      offset.committed ledger/0=999999 by nobody @-1
      offset.committed ledger/1=-1 by nobody @-1
      offset.committed ledger/2=-5 by nobody @-1
      #1 ledger/0 NONE, ledger/1 NONE, ledger/2 NONE
    > commit nobody -1 ledger/0=3
      append ledger/0=3
    > appended
      offset.committed ledger/0=3 by nobody @-1
      #2 ledger/0 NONE
    > offsets
      ledger/0=3
      ledger/1=-1
      ledger/2=-5
    `,
  );
});

test('with a text that is too long the partition is refused, and the others are not', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1~4097 ledger/1=2~4096 other/0=3
      append ledger/1=2
      append other/0=3
    > appended
      offset.committed ledger/1=2 by nobody @-1
      offset.committed other/0=3 by nobody @-1
      #1 ledger/0 OFFSET_METADATA_TOO_LARGE, ledger/1 NONE, other/0 NONE
    > commit nobody -1 ledger/0=1~4097
      #2 ledger/0 OFFSET_METADATA_TOO_LARGE
    > offsets
      ledger/1=2
      other/0=3
    `,
    { offsetMetadataMaxBytes: 4096 },
  );
});

test('what cannot be written is not stored, and the answer says why', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=1
      append ledger/0=1
    > appendFailed NOT_ENOUGH_REPLICAS
      #1 ledger/0 COORDINATOR_NOT_AVAILABLE
    > commit m1 1 ledger/0=1
      append ledger/0=1
    > appendFailed KAFKA_STORAGE_ERROR
      #2 ledger/0 NOT_COORDINATOR
    > commit m1 1 ledger/0=1 ledger/1=1~5000
      append ledger/0=1
    > appendFailed MESSAGE_TOO_LARGE
      #3 ledger/0 INVALID_COMMIT_OFFSET_SIZE, ledger/1 OFFSET_METADATA_TOO_LARGE
    > offsets
    `,
  );
});

test('one that is refused while an earlier one is under way is itself told so, and leaves no offset', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=1
      append ledger/0=1
    > commit m1 1 ledger/0=2 ledger/1=2
      append ledger/0=2
      append ledger/1=2
    > appendFailed MESSAGE_TOO_LARGE
      #2 ledger/0 INVALID_COMMIT_OFFSET_SIZE, ledger/1 INVALID_COMMIT_OFFSET_SIZE
    > offsets
    > appended
      offset.committed ledger/0=1 by m1 @1
      #1 ledger/0 NONE
    > offsets
      ledger/0=1
    > failover
      Stable @1 m1=A
    > offsets
      ledger/0=1
    `,
  );
});

test('several are under way at once, and each is answered in its turn', () => {
  transcript(
    `
    > stable m1
    > commit m1 1 ledger/0=1
      append ledger/0=1
    > commit m1 1 ledger/0=2
      append ledger/0=2
    > appended
      offset.committed ledger/0=1 by m1 @1
      #1 ledger/0 NONE
    > offsets
      ledger/0=1
    > appended
      offset.committed ledger/0=2 by m1 @1
      #2 ledger/0 NONE
    > offsets
      ledger/0=2
    `,
  );
});
