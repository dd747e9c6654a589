/** The parent's side of our group: members as child processes, of which one can be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './flights.ts';
import type { Report } from './member.ts';
import type { Tally } from './tally.ts';

export class Member {
  readonly #child: ChildProcess;
  /** How many partitions it owns, as far as it has said. */
  owns = 0;
  read = 0;

  constructor(bootstrap: string, groupId: string, topic: string, tally: Tally) {
    this.#child = fork(join(root, 'test', 'demo', 'member.ts'), [bootstrap, groupId, topic], {
      cwd: root,
      execArgv: ['--import', 'tsx'],
    });
    this.#child.on('message', (report: Report) => {
      if ('owns' in report) this.owns = report.owns;
      else {
        this.read += report.read.length;
        for (const delivery of report.read) tally.add(delivery);
      }
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The exit code, the name of the signal that ended it, or null while it runs. */
  get ended(): number | string | null {
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async kill(): Promise<void> {
    if (this.ended !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  /** Asks it to commit, leave the group and end. */
  async stop(): Promise<void> {
    if (this.ended !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.send('stop');
    await exit;
  }
}
