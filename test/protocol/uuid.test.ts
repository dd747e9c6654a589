import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_UUID, uuidBytes, uuidText } from '../../lib/protocol/uuid.ts';

test('a UUID is written as Kafka writes it: URL-safe base64 without padding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = uuidText(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect([...uuidBytes(text)]).toEqual([...bytes]);
    }),
  );
  expect(NO_UUID).toBe(uuidText(new Uint8Array(16)));
});

test('text that is not a UUID is refused with what one looks like', () => {
  expect(() => uuidBytes('short')).toThrow(/22 characters/);
  expect(() => uuidBytes(`${'A'.repeat(21)}=`)).toThrow(/22 characters/);
});
