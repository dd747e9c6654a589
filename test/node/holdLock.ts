/** A process that takes the lock of the folder it is given, says so, and then waits to be killed. */
import { lockFolder } from '../../lib/node/lock.ts';

await lockFolder(process.argv[2], console.error);
console.log('locked');
setInterval(() => {}, 1000);
