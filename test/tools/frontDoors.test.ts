/**
 * What the package exports, name by name: a name more or less is a decision, and is taken here. And whoever can meet a type at a front door can also name
 * it: every type that an exported declaration mentions is exported from one of the doors, unless it is listed as something to be looked at and not named.
 */
import { fileURLToPath } from 'node:url';
import ts from 'typescript6';
import { beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const doors = ['lib/index.ts', 'lib/node/index.ts'].map((path) =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url)),
);

/** Inner parts that can be reached through `cluster.broker(0)`, and building blocks that nobody writes down. */
const insides = new Set(['Broker', 'Host', 'ControlledCluster', 'RequestOf', 'ResponseInput']);

let checker: ts.TypeChecker;
let exportsOf: (door: string) => ts.Symbol[];

beforeAll(() => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: ['node'],
    typeRoots: [`${root}node_modules/@types`],
  };
  const program = ts.createProgram(doors, options);
  checker = program.getTypeChecker();
  exportsOf = (door) => {
    const file = program.getSourceFile(door);
    const module = file && checker.getSymbolAtLocation(file);
    return module === undefined ? [] : checker.getExportsOfModule(module);
  };
});

/** In the order of their characters, as `sort` puts them. */
const words = (text: string) => text.trim().split(/\s+/);

/** What a door exports beside values. */
function typesOf(door: string, values: readonly string[]): string[] {
  const names = exportsOf(door).map(({ name }) => name);
  return names.filter((name) => !values.includes(name)).sort();
}

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

test('the door that needs no Node', async () => {
  const values = Object.keys(await import('kafkaito')).sort();
  expect(values).toEqual(
    words(`
    AuthenticationFailed BufferFullError ClientClosedError CodecUnavailable CommitFailedError
    ConcurrentModificationError ConfigError ConnectionLost DeliveryTimedOutError DeserializationError Errors
    KafkaError KeyedWorkers MalformedSubscriptionError NoOffsetForPartitionError OffsetOutOfRangeError RebalanceInProgressError
    RebalanceListenerError RecordTooLargeError RequestTimedOut SettingError SimulationStalled TaskFailed TimedOutError
    UnsupportedApi UntilTimedOut WakeupError bytes cooperativeSticky errorOf everyCrash isRetriable json
    kafkajsRoundRobin lanes murmur2 ownership partition partitionOf range roundRobin simulate sticky strings strip
  `),
  );
  expect(typesOf(doors[0], values)).toEqual(
    words(`
    Address Admin AdminSettings ApiName Assignor Cancel Carrier Clock ClusterDescription CodecName CommitCallback
    CommittedOffset CommonSettings ConfigChange ConfigDescription ConfigResource ConfigValue ConnectionView Consumer
    ConsumerGroupMetadata ConsumerMetrics ConsumerRecord ConsumerSettings Content Control ControlledCluster
    ControlledRequests Controls CrashPoint CrashableKafka DeletedRecords Deserializer Doors Drawing Duration ErrorCode
    ErrorName EveryCrashSettings GroupDescription GroupListing GroupMember GroupOffset GroupView Header IsolationLevel
    Json Kafka KeyedWorkersSettings LaneStep LanesSettings LastAssignment Links ListedOffset Listener LoggedRecord
    MemberView Network NewTopic OffsetAndTimestamp OffsetSpec OffsetToCommit OffsetsByTopic OwnershipMoment
    OwnershipSettings PartitionInfo PartitionMarks PartitionMetrics PartitionSettings PartitionsByTopic Passing
    ProcessSettings Producer ProducerRecord ProducerSettings Random RebalanceListener RebalanceProtocol RecordMetadata
    RecordsSettings RecordsToDelete RequestBody RequestFilter RequestInfo RequestLog ResetPolicy ResponseBody
    SeenRequest SimulateSettings SimulatedCluster SimulatedKafka Stream StripCell StripSettings Task TaskState
    TopicDescription TopicPartition TopicSeed TopicSeeds Trace TraceEvent TraceSettings Way
  `),
  );
});

test('the door of Node', async () => {
  const values = Object.keys(await import('kafkaito/node')).sort();
  expect(values).toEqual(
    words(`
    AddressInUse AuthenticationFailed CannotListen ConfigError ConnectionLost DiskFailed DiskLocked StorageError
    TlsFailed WorkerThreads connect serve workInThread
  `),
  );
  expect(typesOf(doors[1], values)).toEqual(
    words(`
    ApiName Broker ClientTls ConnectSettings ConnectionView Control ControlledCluster ControlledRequests GroupView
    Kafka LoggedRecord MemberView OffsetsByTopic PartitionsByTopic RecordsSettings RequestBody RequestFilter
    RequestInfo RequestLog ResponseBody SaslSettings ScramMechanism SeenRequest ServeSettings ServedCluster
    ServedKafka ServerSasl ServerTls TopicSeed TopicSeeds WorkerThreadsSettings
  `),
  );
});

test('every type that can be met can be named', () => {
  const exported = new Set(doors.flatMap(exportsOf).map(resolved));
  const names = new Set([...exported].map(({ name }) => name));
  const missing = new Set<string>();
  for (const symbol of exported) {
    if (insides.has(symbol.name)) continue;
    for (const declaration of symbol.declarations ?? []) {
      for (const mentioned of typesIn(declaration)) {
        if (names.has(mentioned.name) || insides.has(mentioned.name) || !isExportedFromLib(mentioned)) continue;
        missing.add(`${mentioned.name}, which ${symbol.name} mentions`);
      }
    }
  }
  expect([...missing].sort()).toEqual([]);
});

/** The types that a declaration names outside of bodies and of what is private. */
function typesIn(declaration: ts.Node): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBlock(node) || isPrivate(node)) return;
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression;
      const symbol = checker.getSymbolAtLocation(name);
      if (symbol !== undefined) found.push(resolved(symbol));
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found;
}

function isPrivate(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return true;
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : [];
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ProtectedKeyword) || ts.isConstructorDeclaration(node);
}

/** Types that a module keeps to itself, and those of the language, have no name that could be exported. */
function isExportedFromLib(symbol: ts.Symbol): boolean {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined || !declaration.getSourceFile().fileName.startsWith(`${root}lib/`)) return false;
  const module = checker.getSymbolAtLocation(declaration.getSourceFile());
  return module !== undefined && checker.getExportsOfModule(module).some((one) => resolved(one) === symbol);
}
