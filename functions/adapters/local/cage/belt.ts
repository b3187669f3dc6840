/**
 * The belt: Node's permission model. It stops code that strays, and most that means harm; Node itself promises no wall
 * against code that does. Every caged process wears it, also behind a wall.
 */

/** Does this Node's permission model refuse sockets and name look-ups too? Node 26 does, earlier lines do not. */
export const GATES_NETWORK = process.allowedNodeEnvironmentFlags.has('--allow-net')

/**
 * Flags of a caged Node. It reads what is named, and starts no process, worker or addon; it writes nothing. No worker,
 * because none is held: one that is started with `execArgv: []` has none of these flags, and reads, writes and starts
 * processes as it likes (seen with Node 26.10 under `--allow-worker`). What is caged takes more cores as more processes. SQLite is off
 * because it ignores the permission model, SIGUSR1 because it opens a debugger, and V8's flags are frozen because some of
 * them write files: a process that sets one ends.
 *
 * @param readable files and folders, as real paths
 * @param heapMb megabytes of heap; a process that needs more ends
 */
export const beltFlags = (readable: readonly string[], heapMb: number): string[] => [
  '--permission',
  ...readable.map((path) => `--allow-fs-read=${path}`),
  '--no-experimental-sqlite',
  '--disable-sigusr1',
  '--freeze-flags-after-init',
  '--no-warnings',
  `--max-old-space-size=${heapMb}`,
]
