import { test } from 'vitest';
import { transcript } from './transcript.ts';

test('an empty group goes with its offsets', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1 ledger/1=2
      append ledger/0=1
      append ledger/1=2
    > appended
      offset.committed ledger/0=1 by nobody @-1
      offset.committed ledger/1=2 by nobody @-1
      #1 ledger/0 NONE, ledger/1 NONE
    > delete
      append ledger/0=deleted
      append ledger/1=deleted
      append group deleted
    > appended
      Empty → Dead @0
      #2 NONE
    > offsets
    > delete
      #3 GROUP_ID_NOT_FOUND
    > failover
    > commit nobody 1 ledger/0=1
      #4 ledger/0 GROUP_ID_NOT_FOUND
    `,
  );
});

test('a group with members stays', () => {
  transcript(
    `
    > delete
      #1 GROUP_ID_NOT_FOUND
    > stable m1
    > delete
      #1 NON_EMPTY_GROUP
    `,
  );
});

test('what happens while the deletion is being written comes after it', () => {
  transcript(
    `
    > commit nobody -1 ledger/0=1 ledger/1=1
      append ledger/0=1
      append ledger/1=1
    > appended
      offset.committed ledger/0=1 by nobody @-1
      offset.committed ledger/1=1 by nobody @-1
      #1 ledger/0 NONE, ledger/1 NONE
    > delete
      append ledger/0=deleted
      append ledger/1=deleted
      append group deleted
    > commit nobody -1 ledger/0=2
      append ledger/0=2
    > appended
      #2 NONE
    > appended
      offset.committed ledger/0=2 by nobody @-1
      #3 ledger/0 NONE
    > offsets
      ledger/0=2
    > failover
      Empty @0
    > offsets
      ledger/0=2
    `,
  );
});
