/** `autotune report`: everything of a run, or of a rollout, in one file that can be mailed and read anywhere. */
import { LEFT_OUT, redacted, withoutValues } from '#core/report/redacted.ts'
import { isPartId } from '#schemas/patterns.ts'
import { localReport } from '../embedded/local-report.ts'
import type { LocalStore } from '../embedded/open-store.ts'
import { UserError } from '../errors.ts'
import { reportPage } from '../pages/report/page.ts'
import { rolloutFile } from '../pages/report/rollout-file.ts'
import { readRolloutReport } from '../steps/report/read-rollout.ts'
import { writeNew } from './new-file.ts'
import { existingStore } from './open.ts'
import { terminalProgress } from './progress.ts'
import { print } from './terminal.ts'

interface Options {
  readonly store: string
  readonly json: boolean
  readonly out?: string
  readonly redact: boolean
}

/** What is written, and what is printed in its place for machines. */
interface Written {
  readonly id: string
  readonly facts: unknown
  readonly page: () => string
}

export async function writeReport(what: string, { store: dir, json, out, redact }: Options): Promise<number> {
  const store = existingStore(dir, { progress: terminalProgress() })
  try {
    if (isPartId(what))
      throw new UserError(
        `${what} is a filed proposal, of which no replay says anything: "autotune show ${what}" shows it, "autotune verify ${what}" checks it, and "autotune report ro_${what}" tells its rollout`,
      )
    const found = (await ofRun(store, what, redact)) ?? (await ofRollout(store, what, redact))
    if (found === null)
      throw new UserError(
        `no finished run and no rollout "${what}" in this store; "autotune list" and "autotune rollout list" show what there is`,
      )
    if (json && out === undefined) {
      print(true, found.facts, () => [])
      return 0
    }
    const file = out ?? `${found.id}.html`
    const page = found.page()
    writeNew(file, page, 0o600)
    const bytes = Buffer.byteLength(page)
    print(json, { file, bytes, redacted: redact }, () => [
      `wrote ${file} (${Math.ceil(bytes / 1000)} kB)${redact ? `: recorded texts are ${LEFT_OUT}` : ''}`,
    ])
    return 0
  } finally {
    store.close()
  }
}

async function ofRun(store: LocalStore, id: string, redact: boolean): Promise<Written | null> {
  const read = await localReport(store, id)
  const facts = read && redact ? redacted(read) : read
  return facts && { id: facts.run_id, facts, page: () => reportPage(facts) }
}

async function ofRollout(store: LocalStore, id: string, redact: boolean): Promise<Written | null> {
  const read = await readRolloutReport(store, id)
  if (read === null) return null
  const { now, failed_runs, ...whole } = read
  const story = redact ? withoutValues(whole) : whole
  return { id, facts: { ...story, now, failed_runs }, page: () => rolloutFile({ story, failed_runs, now }) }
}
