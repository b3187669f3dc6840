/** Everything temporary of a test run in one folder, stores and browser profiles alike; removed when the run ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default function setup(): () => void {
  const own = mkdtempSync(join(tmpdir(), 'autotune-run-'))
  process.env.TMPDIR = own
  return () => rmSync(own, { recursive: true, force: true })
}
