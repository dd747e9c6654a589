/** The grader's end of the pipe, and a submission that writes to the other end whatever it likes. */
import { expect, test } from 'vitest';
import { Peer, type Surface } from '../../chapters/tools/grading/peer.ts';

class Secret {
  calls: unknown[] = [];

  allowed(...parameters: unknown[]): string {
    this.calls.push(...parameters);
    return 'done';
  }

  forbidden(): string {
    return 'secret';
  }
}

const surface: Surface = { methods: { allowed: 'data' } };

/** A grader that has lent one object, and what it answers to these lines. */
function grader(...lines: string[]) {
  const said: unknown[] = [];
  const secret = new Secret();
  const refuse = (reason: string): never => {
    throw new Error(`refused: ${reason}`);
  };
  const line = {
    send: (message: string) => void said.push(JSON.parse(message)),
    receive: () => lines.shift() ?? '["quiet"]',
  };
  const none = new Map();
  const peer = new Peer(line, { lendsFunctions: false, waitsForQuiet: true, shared: none, errors: none, refuse });
  peer.introduce(secret, surface);
  return { peer, secret, said };
}

test('what is on the list can be called, with data that is a copy', () => {
  const { peer, secret, said } = grader(
    '["call",1,0,"allowed",[["object",[["a",1],["__proto__",["object",[["b",2]]]]]]]]',
  );
  peer.next();
  expect(said).toEqual([['value', 1, 'done']]);
  expect(secret.calls).toEqual([{ a: 1 }]);
  expect(Object.getPrototypeOf(secret.calls[0])).toBe(Object.prototype);
});

test.each(['forbidden', 'constructor', '__proto__', 'toString', 'calls', 'hasOwnProperty'])('%s cannot', (method) => {
  const { peer, secret, said } = grader(JSON.stringify(['call', 1, 0, method, ['return process']]));
  peer.next();
  expect(said).toEqual([['error', 1, ['error', 'TypeError', `there is no ${method} in the grader`, [null, null]]]]);
  expect(secret.calls).toEqual([]);
});

test.each<[what: string, line: string, answers: RegExp]>([
  ['the object as a function', '["call",1,0,null,[]]', /this is not a function/],
  ['something that was never lent', '["call",1,7,"allowed",[]]', /never lent/],
  ['a number that is none', '["call",1,"__proto__","allowed",[]]', /never lent/],
  ['an object with methods of its own', '["call",1,0,"allowed",[["lent",1,false,["then"],[]]]]', /no function/],
  ['a parameter that is no value', '["call",1,0,"allowed",[{"passed":true}]]', /no value/],
  ['a value that is too deep', `["call",1,0,"allowed",[${'["list",['.repeat(99)}${']]'.repeat(99)}]]`, /too deep/],
])('a call with %s is answered with an error', (_, line, answers) => {
  const { peer, said } = grader(line);
  peer.next();
  expect(JSON.stringify(said)).toMatch(answers);
  expect(said).toEqual([['error', 1, expect.anything()]]);
});

test.each([
  'no JSON',
  '{"verdict":{"passed":true}}',
  '["verdict",true]',
  '["value",1,true]',
  '["kept",1,true]',
  '["call","1",0,"allowed",[]]',
])('%s ends the judging', (line) => {
  expect(() => grader(line).peer.next()).toThrow(/^refused/);
});

test('an answer that comes before the question is none', () => {
  expect(() => grader('["value",2,0]', '["value",1,0]').peer.call(0, null, [])).toThrow(/refused: .*not asked/);
});

test('nothing of the grader goes over the pipe that has not been exposed', () => {
  const { peer } = grader('["value",1,0]');
  expect(() => peer.call(0, null, [() => 1])).toThrow(/not lent/);
  expect(() =>
    peer.call(0, null, [
      new (class {
        method() {}
      })(),
    ]),
  ).toThrow(/not lent/);
});
