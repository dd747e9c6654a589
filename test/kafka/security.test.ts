/**
 * TLS and SASL between us and Apache Kafka, both ways round: Java's own tools on our broker, our clients on Apache's, and the words of a login side by side.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Reader } from '../../lib/bytes/reader.ts';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { clientTls } from '../../lib/node/tls.ts';
import { ApiVersions, FindCoordinator, Heartbeat, Metadata, SaslAuthenticate } from '../../lib/protocol/apis/index.ts';
import { bytesOf, readServerFirst, textOf, toBase64 } from '../../lib/wire/scram.ts';
import { framed, request, Talk } from '../broker/talk.ts';
import { fresh } from '../tools/fresh.ts';
import { type ApacheKafka, startApacheKafka } from './apache.ts';
import { classPath } from './jars.mjs';

const java = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xmx256m',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
];
const certificate = (name: string) => fileURLToPath(new URL(`../node/certificates/${name}`, import.meta.url));
const tls = { cert: certificate('broker.crt'), key: certificate('broker.key') };
const ca = tls.cert;
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const users = { alice: 'secret' };

let folder = '';
let apache: ApacheKafka;
let sealed: ServedKafka;
let plain: ServedKafka;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kafkaito-security-'));
  const config = { 'group.initial.rebalance.delay.ms': '0' };
  sealed = await serve({ port: 0, tls, sasl: { users }, config });
  plain = await serve({ port: 0, sasl: { users }, config });
  apache = await startApacheKafka({ properties: apacheProperties() });
  // Kafka takes one of them at a time.
  for (const scram of mechanisms.slice(1)) {
    const user = ['--entity-type', 'users', '--entity-name', 'alice'];
    const options = ['--alter', '--add-config', `${scram}=[password=secret]`, ...user];
    expect(await run('kafka.admin.ConfigCommand', apache.bootstrap, 'PLAIN', options)).toContain('Completed updating');
  }
}, 120_000);

afterAll(async () => {
  await apache?.close();
  await sealed.close();
  await plain.close();
  rmSync(folder, { recursive: true });
});

function apacheProperties(): Record<string, string> {
  const store = join(folder, 'broker.pem');
  writeFileSync(store, readFileSync(tls.key, 'utf8') + readFileSync(tls.cert, 'utf8'));
  const module = 'org.apache.kafka.common.security';
  const scram = `${module}.scram.ScramLoginModule required;`;
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': mechanisms.join(','),
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.plaintext.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required username="alice" password="secret" user_alice="secret";`,
    'listener.name.plaintext.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.plaintext.scram-sha-512.sasl.jaas.config': scram,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': store.replaceAll('\\', '/'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca.replaceAll('\\', '/'),
  };
}

/** The settings of a Java client, in a file, as its tools want them. */
function settings(mechanism: string, protocol: string, username = 'alice', password = 'secret'): string {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  const lines = [
    `security.protocol=${protocol}`,
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=org.apache.kafka.common.security.${module} required username="${username}" password="${password}";`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${ca.replaceAll('\\', '/')}`,
  ];
  const file = join(folder, `${mechanism}-${protocol}-${username}-${password}.properties`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** Everything that the tool prints. */
function run(
  tool: string,
  bootstrap: string,
  mechanism: string,
  options: readonly string[],
  file?: string,
): Promise<string> {
  const command = ['--bootstrap-server', bootstrap, '--command-config', file ?? settings(mechanism, 'SASL_SSL')];
  const args = [...java, '-cp', classPath, tool, ...command, ...options];
  return new Promise((resolve) => {
    execFile('java', args, { timeout: 60_000 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

describe("Java's tools on our broker", () => {
  test.each(mechanisms)('log in by %s, through TLS and without it', { timeout: 120_000 }, async (mechanism) => {
    for (const [kafka, protocol] of [
      [sealed, 'SASL_SSL'],
      [plain, 'SASL_PLAINTEXT'],
    ] as const) {
      const name = fresh(`made-${mechanism}`);
      const create = ['--create', '--topic', name, '--partitions', '1'];
      const file = settings(mechanism, protocol);
      const created = await run('org.apache.kafka.tools.TopicCommand', kafka.bootstrap, mechanism, create, file);
      expect(created).toContain(`Created topic ${name}.`);
    }
  });

  test('are refused with a wrong password, and say why', { timeout: 120_000 }, async () => {
    for (const [mechanism, why] of [
      ['PLAIN', 'Authentication failed: Invalid username or password'],
      ['SCRAM-SHA-256', 'invalid credentials with SASL mechanism SCRAM-SHA-256'],
    ]) {
      const file = settings(mechanism, 'SASL_SSL', 'alice', 'wrong');
      const told = await run('org.apache.kafka.tools.TopicCommand', sealed.bootstrap, mechanism, ['--list'], file);
      expect(told).toContain('SaslAuthenticationException');
      expect(told).toContain(why);
    }
  });

  test('carry records through TLS, in a group', { timeout: 120_000 }, async () => {
    const name = fresh('verified');
    await sealed.admin().createTopics({ [name]: 1 });
    const tool = 'org.apache.kafka.tools.Verifiable';
    const topic = ['--topic', name];
    const produced = await run(`${tool}Producer`, sealed.bootstrap, 'SCRAM-SHA-512', [
      ...topic,
      '--max-messages',
      '100',
    ]);
    expect(produced).toContain('"acked":100');
    const group = ['--group-id', name, '--reset-policy', 'earliest', '--max-messages', '100'];
    const consumed = await run(`${tool}Consumer`, sealed.bootstrap, 'SCRAM-SHA-512', [...topic, ...group]);
    expect(consumed).toContain('"name":"shutdown_complete"');
    expect(await sealed.admin().listConsumerGroupOffsets(name)).toMatchObject([{ offset: 100 }]);
  });
});

describe('our clients on Apache Kafka', () => {
  test.each(mechanisms)('log in by %s through TLS, and are refused with a wrong password', async (mechanism) => {
    const kafka = await connect(apache.bootstrap, {
      tls: { ca },
      sasl: { mechanism, username: 'alice', password: 'secret' },
    });
    const topic = fresh(`ours-${mechanism}`);
    await kafka.admin().createTopics({ [topic]: 1 });
    expect(await kafka.producer().send({ topic, value: 'x' })).toMatchObject({ offset: 0 });
    await kafka.close();
    for (const [username, password] of [
      ['alice', 'wrong'],
      ['mallory', 'secret'],
    ]) {
      const sasl = { mechanism, username, password };
      const [theirs, ours] = await Promise.all(
        [apache, sealed].map(({ bootstrap }) =>
          connect(bootstrap, { tls: { ca }, sasl }).catch((error) => error.message.replace(bootstrap, 'it')),
        ),
      );
      expect(ours).toBe(theirs);
      expect(ours).toMatch(/SASL_AUTHENTICATION_FAILED/);
    }
  });

  test('are told the same by both when they do not trust, do not log in, or do not speak TLS', async () => {
    const told = async (bootstrap: string, ...settings: Parameters<typeof connect>[1][]) =>
      Promise.all(
        settings.map((one) =>
          connect(bootstrap, one).catch((error) => `${error.name}: ${error.message.replaceAll(bootstrap, 'it')}`),
        ),
      );
    const wrong = [{ tls: true }, { tls: { ca } }];
    expect(await told(sealed.bootstrap, ...wrong)).toEqual(await told(apache.bootstrap, ...wrong));
    await expect(connect(apache.bootstrap)).rejects.toThrow(/TLS/);
  });
});

/** What is said, and what is heard of it: answers, or `closed`. */
type Dialogue = (talk: Talk) => Promise<readonly unknown[]>;

const closed = (talk: Talk) =>
  talk.hear().then(
    () => 'an answer',
    () => 'closed',
  );
const heard = <T>(answer: Promise<T>) => answer.catch(() => 'closed');
const challenge = async (talk: Talk) => readServerFirst(textOf((await talk.token('n,,n=alice,r=abc')).authBytes))!;
const sorted = (answer: { readonly errorCode: number; readonly mechanisms: readonly string[] }) => ({
  ...answer,
  mechanisms: [...answer.mechanisms].sort(),
});

const dialogues: { readonly [what: string]: Dialogue } = {
  'a mechanism that is not there': async (talk) => [sorted(await talk.handshake('GSSAPI')), await closed(talk)],
  'a request too early': async (talk) => {
    await talk.say(request(Metadata, { topics: [] }, 12));
    return [await closed(talk)];
  },
  'a token too early': async (talk) => {
    await talk.say(request(SaslAuthenticate, { authBytes: new Uint8Array(0) }, 2));
    return [await closed(talk)];
  },
  'versions twice': async (talk) => {
    await talk.ask(ApiVersions, {});
    await talk.say(request(ApiVersions, {}, 4));
    return [await closed(talk)];
  },
  'versions of the future, then those of today': async (talk) => {
    await talk.say(request({ ...ApiVersions, versions: [9, 9] }, {}, 9));
    const oldest = new Reader(await talk.hear());
    return [oldest.int32(), oldest.int16(), (await talk.ask(ApiVersions, {})).errorCode];
  },
  'a heartbeat in the place of a token': async (talk) => {
    await talk.handshake('PLAIN');
    return [await heard(talk.ask(Heartbeat, { groupId: 'g', generationId: 1, memberId: 'm' })), await closed(talk)];
  },
  'a coordinator looked for in the place of a token': async (talk) => {
    await talk.handshake('PLAIN');
    return [(await talk.ask(FindCoordinator, { key: 'g' }, 0)).errorCode, await closed(talk)];
  },
  'a second handshake in the place of a token': async (talk) => {
    await talk.handshake('PLAIN');
    return [(await talk.handshake('PLAIN')).errorCode, await closed(talk)];
  },
  noise: async (talk) => {
    await talk.say(framed(new Uint8Array(40).fill(0xff)));
    return [await closed(talk)];
  },
  'a bare token': async (talk) => {
    await talk.handshake('PLAIN', 0);
    await talk.say(framed(bytesOf('\0alice\0secret')));
    return [await talk.hear(), (await talk.ask(Metadata, { topics: [] })).brokers.length];
  },
  'a bare token that is wrong': async (talk) => {
    await talk.handshake('PLAIN', 0);
    await talk.say(framed(bytesOf('\0alice\0wrong')));
    return [await closed(talk)];
  },
  'a login after the login': async (talk) => {
    await talk.handshake('PLAIN');
    return [await talk.token('\0alice\0secret'), await talk.handshake('PLAIN'), await talk.token('x')];
  },
  ...Object.fromEntries(
    [
      '\0alice\0wrong',
      '\0mallory\0secret',
      '\0\0secret',
      '\0alice\0',
      'alice',
      'a\0b\0c\0d\0e',
      'bob\0alice\0secret',
    ].map((token): [string, Dialogue] => [
      `PLAIN with ${JSON.stringify(token)}`,
      async (talk) => {
        await talk.handshake('PLAIN');
        return [await talk.token(token), await closed(talk)];
      },
    ]),
  ),
  ...Object.fromEntries(
    [
      'n,,n=mallory,r=abc',
      'noise',
      '',
      'y,,n=alice,r=abc',
      'n,a=bob,n=alice,r=abc',
      'n,,n=alice,r=abc,tokenauth=true',
    ].map((token): [string, Dialogue] => [
      `SCRAM with ${JSON.stringify(token)}`,
      async (talk) => {
        await talk.handshake('SCRAM-SHA-256');
        return [await talk.token(token), await closed(talk)];
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      'another nonce': (nonce: string) => `c=biws,r=x${nonce}x,p=AAAA`,
      'a wrong proof': (nonce: string) => `c=biws,r=${nonce},p=${toBase64(new Uint8Array(32))}`,
      noise: () => 'noise',
    }).map(([what, second]): [string, Dialogue] => [
      `SCRAM with ${what} in the second message`,
      async (talk) => {
        await talk.handshake('SCRAM-SHA-256');
        const { nonce, iterations } = await challenge(talk);
        return [iterations, await talk.token(second(nonce)), await closed(talk)];
      },
    ]),
  ),
};

describe('what is said in a login, and what is answered, is the same on both brokers', () => {
  test.each(Object.entries(dialogues))('%s', async (_, dialogue) => {
    const open = clientTls({ ca });
    const [theirs, ours] = await Promise.all(
      [apache, sealed].map(async ({ bootstrap }) => {
        const stream = await open({ host: '127.0.0.1', port: Number(bootstrap.split(':')[1]) });
        const said = await dialogue(new Talk(stream));
        stream.abort('all is said');
        return said;
      }),
    );
    expect(ours).toEqual(theirs);
  });
});
