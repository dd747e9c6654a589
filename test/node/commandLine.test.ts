import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../lib/node/commandLine.ts';

const read = (line: string) => readCommandLine(line.split(' ').filter((word) => word !== ''));

describe('the command line', () => {
  test('serve without options listens on 9092 of this machine, in memory', () => {
    const options = {
      ...{
        port: 9092,
        host: '127.0.0.1',
        advertisedHost: undefined,
        brokers: 1,
        dataDir: undefined,
        topics: {},
        config: {},
      },
      ...{ tls: undefined, saslUsers: undefined },
    };
    expect(read('serve')).toEqual({ kind: 'serve', options });
  });

  test('every option, with a space or an equals sign', () => {
    const line =
      'serve --port=0 --host 0.0.0.0 --advertised-host broker.example --brokers 1 --data ./d --topic a:1 --topic=b.c-d_e:12 --config x.y=1 --config=z=p=q ' +
      '--tls-cert c.pem --tls-key=k.pem --tls-password p --sasl-users u';
    const options = {
      port: 0,
      host: '0.0.0.0',
      advertisedHost: 'broker.example',
      brokers: 1,
      dataDir: './d',
      topics: { a: 1, 'b.c-d_e': 12 },
      config: { 'x.y': '1', z: 'p=q' },
      tls: { cert: 'c.pem', key: 'k.pem', passwordFile: 'p' },
      saslUsers: 'u',
    };
    expect(read(line)).toEqual({ kind: 'serve', options });
  });

  test('of two values for one setting the last holds, as with --override of Kafka (CommandLineUtils.java)', () => {
    expect(read('serve --config x=1 --config y=2 --config x=3')).toMatchObject({
      options: { config: { x: '3', y: '2' } },
    });
  });

  test('help and version win over everything behind them', () => {
    expect(read('--help')).toEqual({ kind: 'help' });
    expect(read('serve -h --wrong')).toEqual({ kind: 'help' });
    expect(read('--version')).toEqual({ kind: 'version' });
  });

  test.each([
    ['', 'no command given: run  kafkaito serve, or read  kafkaito --help'],
    ['server', 'unknown command server: the only one is  kafkaito serve'],
    ['serve --prot 1', 'unknown option --prot: did you mean --port?'],
    ['serve -port 1', 'unknown option -port: did you mean --port?'],
    ['serve --zzzzzzzz', 'unknown option --zzzzzzzz: kafkaito --help lists all'],
    ['serve --port', '--port needs a value: kafkaito --help shows an example'],
    ['serve --data --port 1', '--data needs a value: kafkaito --help shows an example'],
    ['serve --port 65536', '--port 65536 is not possible: give a whole number from 0 to 65535'],
    ['serve --port -1', '--port -1 is not possible: give a whole number from 0 to 65535'],
    ['serve --port 1e3', '--port 1e3 is not possible: give a whole number from 0 to 65535'],
    ['serve --port 1 --port 2', '--port is given 2 times: give it once'],
    ['serve --data=', '--data is empty: give it a value, or leave it out'],
    ['serve --brokers 3', '--brokers 3 is not possible yet: this version runs one broker, so leave the option out'],
    [
      'serve --tls-cert c.pem',
      'TLS takes a certificate and its key: give both, as  --tls-cert broker.crt --tls-key broker.key',
    ],
    [
      'serve --tls-password p',
      'TLS takes a certificate and its key: give both, as  --tls-cert broker.crt --tls-key broker.key',
    ],
    ['serve --sasl-user u', 'unknown option --sasl-user: did you mean --sasl-users?'],
    ['serve --brokers 0', '--brokers 0 is not possible: give a whole number from 1 to 1000'],
    ['serve ledger', 'ledger stands there without an option: topics are given as  --topic ledger:3'],
    ['serve --topic ledger', '--topic ledger is not possible: say how many partitions, as in  --topic ledger:3'],
    ['serve --topic ledger:0', '--topic ledger:0 is not possible: say how many partitions, as in  --topic ledger:3'],
    [
      'serve --topic a:3 --topic b:1 --topic a:4',
      '--topic a is given more than once: give each topic once, as in  --topic a:3',
    ],
    [
      'serve --topic a/b:1',
      '--topic a/b:1 is not possible: the name of a topic has 1 to 249 of the characters a-z A-Z 0-9 . _ -, as in  --topic ledger:3',
    ],
    [
      'serve --config x',
      '--config x is not possible: give a name and a value, as in  --config group.min.session.timeout.ms=1000',
    ],
  ])('kafkaito %s', (line, message) => {
    expect(() => read(line)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});
