/**
 * Fetches Apache Kafka, the reference for truth, from Maven Central into `.cache/` (54 MB, once). Maven does the work,
 * from a pom with three entries that is written here: the broker, Kafka's tools, and a binding for its log, without
 * which the broker says nothing. Plain JavaScript, so that scripts can use it without a loader.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The release that this repository compares itself with. Of 4.4.0 the tools are not on Maven Central. */
export const kafkaVersion = '4.3.1';
export const cacheFolder = fileURLToPath(new URL(`../../.cache/kafka-${kafkaVersion}/`, import.meta.url));
/** The class path of broker and tools, as Java expands it. */
export const classPath = join(cacheFolder, 'libs', '*');

const windows = process.platform === 'win32';
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';

/** Why Apache Kafka cannot run on this machine, in one sentence; undefined when it can. */
export function whyNotHere() {
  if (majorOfJava() < 17) return 'Java 17 or later is not on the path';
  if (!downloaded() && spawnSync('mvn', ['--version'], { shell: windows }).status !== 0) {
    return 'Maven (mvn) is not on the path, and Apache Kafka is not downloaded yet';
  }
  return undefined;
}

function majorOfJava() {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

function downloaded() {
  return existsSync(join(cacheFolder, 'libs'));
}

/** Downloads what is missing. Rejects with Maven's exit code when it cannot. */
export async function download() {
  if (downloaded()) return;
  console.log(`Downloading Apache Kafka ${kafkaVersion} with Maven (54 MB, once, to .cache/)`);
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(join(cacheFolder, 'pom.xml'), pom());
  // The folder gets its name when it is complete: an interrupted download is not taken for a whole one.
  const partial = join(cacheFolder, `libs-${process.pid}`);
  const args = ['-q', '-B', copyDependencies, '-DincludeScope=runtime', `-DoutputDirectory=libs-${process.pid}`];
  const maven = spawn('mvn', args, { cwd: cacheFolder, stdio: ['ignore', 'inherit', 'inherit'], shell: windows });
  const code = await new Promise((resolve, reject) => maven.once('error', reject).once('exit', resolve));
  if (code !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(`Maven could not fetch Apache Kafka (exit code ${code}). Is Maven Central reachable?`);
  }
  renameSync(partial, join(cacheFolder, 'libs'));
}

function pom() {
  const dependencies = [
    ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
    ['org.apache.kafka', 'kafka-tools', kafkaVersion],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ].map(([group, artifact, version]) => {
    const inner = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
    return `    <dependency>${inner}</dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafkaito</groupId>
  <artifactId>apache-kafka</artifactId>
  <version>1</version>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`;
}
