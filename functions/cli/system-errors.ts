/** What the machine refuses (a full disk, a missing right, a limit), in one line with the path and the way out. Told by the codes of the system and of SQLite. */
import { tmpdir } from 'node:os'

const ASIDE = 'Programs put aside there what they work on: name a folder that can be written in TMPDIR'
const AGAIN = 'then give the same command again: what was written is whole'

/** What happened and what to do, by code. */
const FAULTS: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  ENOSPC: ['the disk is full, or holds as many files as it can', `Free some space, ${AGAIN}`],
  EDQUOT: ['the disk quota of this user is used up', `Free some space, ${AGAIN}`],
  EROFS: [
    'it lies on a read-only file system',
    'Mount it for writing, or name another --store; "list", "show", "explain", "verify" and "doctor" work on a read-only copy',
  ],
  EACCES: ['this user has no right to it', 'Give it the right ("ls -ld" says who has it), or name another path'],
  EPERM: ['the system does not permit it here', 'Check its owner, flags and file system, or name another path'],
  EMFILE: ['this process may open no more files', `Raise the limit ("ulimit -n 4096"), ${AGAIN}`],
  ENFILE: ['this machine can open no more files', `End other programs or raise fs.file-max, ${AGAIN}`],
  EFBIG: ['the file would be longer than this user or file system allows', `Raise the limit ("ulimit -f"), ${AGAIN}`],
  ENAMETOOLONG: ['the name is longer than the file system takes', 'Choose a shorter path'],
  ENOTDIR: ['a file stands where a folder is needed', 'Move it away, or name another path'],
  EISDIR: ['a folder stands where a file is needed', 'Move it away, or name another path'],
  EEXIST: ['something else has that name', 'Move it away, or name another path'],
  ENOENT: ['it is not there, or not any more', 'Check the path, and whether another program removes files there'],
  ELOOP: ['its symbolic links go round in a circle', 'Name the place that they were meant for'],
  EXDEV: ['it lies on another disk than the folder around it', 'Keep the store in one file system'],
  ENOTSUP: ['its file system lacks what a store needs (hard links, whole renames)', 'Name a --store on another one'],
  EIO: ['the disk could not read or write it', 'Check the disk; restore the store from a copy if it is damaged'],
  SQLITE_IOERR: [
    'the disk, or a limit of this user, refused what was to be read or written',
    `Check the room on the disk, "ulimit -f" and the disk itself, ${AGAIN}`,
  ],
  EBUSY: ['another program holds it', 'End that program, then try again'],
  ESTALE: ['the network disk lost it', 'Mount it again, then try again'],
  ENXIO: ['it is no regular file', 'Name a file'],
  ENODEV: ['it is no regular file', 'Name a file'],
  EAGAIN: ['this user can start no more processes', `Raise the limit ("ulimit -u") or end other programs, ${AGAIN}`],
  ENOMEM: ['the machine has no memory left', `End other programs, ${AGAIN}`],
  EPIPE: ['whoever read the output went away', 'Write it to a file'],
  ERR_WORKER_OUT_OF_MEMORY: ['a worker of this program ran out of memory', `End other programs, ${AGAIN}`],
  ERR_FS_FILE_TOO_LARGE: ['the file has more than 2 GiB', 'It was changed: restore it from a copy'],
}
const ALIKE: Readonly<Record<string, string>> = { EOPNOTSUPP: 'ENOTSUP', ENOSYS: 'ENOTSUP', EMLINK: 'ENOTSUP' }

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) as the fault that they tell of. */
const OF_SQLITE: Readonly<Record<number, string>> = {
  5: 'EBUSY',
  6: 'EBUSY',
  7: 'ENOMEM',
  8: 'EROFS',
  10: 'SQLITE_IOERR',
  11: 'EIO',
  13: 'ENOSPC',
  14: 'EACCES',
  26: 'EIO',
}

interface SystemError extends Error {
  readonly code?: unknown
  readonly path?: unknown
  readonly errcode?: unknown
  readonly syscall?: unknown
}

/** What is told of an error that nobody foresaw: a fault of the machine in one line, else a defect of ours with its stack. */
export const faultOf = (error: Error): string => systemProblem(error) ?? `a defect of ours: ${error.stack}`

/** One line for a person; null for an error that no fault of the machine led to. */
export function systemProblem(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, path, errcode, message, syscall } = at as SystemError
    const named = code === 'ERR_SQLITE_ERROR' ? OF_SQLITE[Number(errcode) & 0xff] : code
    const fault = typeof named === 'string' ? FAULTS[ALIKE[named] ?? named] : undefined
    if (!fault) continue
    const where = typeof path === 'string' ? path : message
    const isAside = syscall === 'mkdtemp' && where.startsWith(tmpdir())
    return `${where}: ${fault[0]} (${named}). ${isAside ? ASIDE : fault[1]}`
  }
  return null
}
