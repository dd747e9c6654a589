/** What the file system refuses, in a sentence that says what to do next. */
import { DiskFailed } from '../world/errors.ts';

const advice: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space, then start again',
  EDQUOT: 'the disk quota of this user is used up: free some space, then start again',
  EACCES: 'this user is not allowed to: change the permissions, or choose another folder',
  EPERM: 'the system does not permit it: is another program using the file? Else choose another folder',
  EBUSY: 'another program is using it: end that program, then start again',
  EROFS: 'the file system is read-only: choose another folder',
  ENOENT: 'the system finds no such place: choose another folder',
  ENOTDIR: 'a part of the path is a file, not a folder: choose another folder',
  EEXIST: 'a file stands where a folder is needed: choose another folder',
  EISDIR: 'a folder stands where a file is needed: choose another folder',
  EMFILE: 'too many files are open: raise the limit (ulimit -n), or use fewer partitions',
  ENFILE: 'too many files are open on this machine: end some programs, then start again',
  EIO: 'the disk reports a fault: look at the logs of the system, and use another disk',
};

/** `doing` is a verb: `open`, `write`. An error that has been explained already is passed on. */
export function diskFailure(doing: string, path: string, error: unknown): DiskFailed {
  if (error instanceof DiskFailed) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new DiskFailed(`cannot ${doing} ${path}: ${advice[code] ?? message}`, { cause: error });
}
