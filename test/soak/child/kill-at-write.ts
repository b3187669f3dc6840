/**
 * Loaded before a command: counts what it writes and kills its whole group before a write of our choice. `SOAK_KILL_AT` is
 * that write, from 1; `SOAK_WRITES` a file that gets the number of writes when the command ends by itself.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync, StatementSync } from 'node:sqlite'

const at = Number(process.env.SOAK_KILL_AT ?? 0)
const counted = process.env.SOAK_WRITES
const { writeFileSync } = fs
let writes = 0

/** Counts the calls of a method, and never comes back from the chosen one. */
function watch(of: object, name: string): void {
  const methods = of as Record<string, (...args: unknown[]) => unknown>
  const method = methods[name]!
  methods[name] = function (this: unknown, ...args) {
    if (++writes === at) {
      process.kill(-process.pid, 'SIGKILL')
      for (;;);
    }
    return method.apply(this, args)
  }
}

const CHANGING = ['writeFile', 'appendFile', 'write', 'rename', 'link', 'unlink', 'mkdir', 'truncate', 'fsync', 'rm']
for (const name of CHANGING) {
  watch(fs, `${name}Sync`)
  if (name in fs.promises) watch(fs.promises, name)
}
watch(DatabaseSync.prototype, 'exec')
for (const name of ['run', 'get']) watch(StatementSync.prototype, name)
syncBuiltinESMExports()
process.on('exit', () => {
  if (counted) writeFileSync(counted, String(writes))
})
