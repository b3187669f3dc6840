/** `autotune report`: everything of a run, or of a rollout, in one file that can be mailed and read anywhere. */
import { writeFileSync } from 'node:fs'
import { LEFT_OUT, redacted } from '#core/report/redacted.ts'
import { openEngine, optionsOf } from '../embedded/engine.ts'
import { UserError } from '../errors.ts'
import { reportPage } from '../pages/report/page.ts'
import { readReport } from '../steps/report/read-report.ts'
import { existingStore } from './open.ts'
import { print, terminalProgress } from './terminal.ts'

interface Options {
  readonly store: string
  readonly json: boolean
  readonly out?: string
  readonly redact: boolean
}

export async function writeReport(run: string, { store: dir, json, out, redact }: Options): Promise<number> {
  const store = existingStore(dir, { progress: terminalProgress() })
  try {
    // A harness is never started for a report: what it answered stands in the run.
    const engine = await openEngine(store, '', optionsOf(undefined))
    try {
      const read = await readReport(store, engine, run)
      if (read === null)
        throw new UserError(`no finished run "${run}" in this store; "autotune list" shows what there is`)
      const facts = redact ? redacted(read) : read
      if (json && out === undefined) {
        print(true, facts, () => [])
        return 0
      }
      const file = out ?? `${facts.run_id}.html`
      const page = reportPage(facts)
      write(file, page)
      const bytes = Buffer.byteLength(page)
      print(json, { file, bytes, redacted: redact }, () => [
        `wrote ${file} (${Math.ceil(bytes / 1000)} kB)${redact ? `: recorded texts are ${LEFT_OUT}` : ''}`,
      ])
      return 0
    } finally {
      engine.close()
    }
  } finally {
    store.close()
  }
}

function write(file: string, page: string): void {
  try {
    writeFileSync(file, page, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new UserError(`${file} is there already: nothing was written. Choose another --out`)
  }
}
