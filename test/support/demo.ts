/** What the demo leaves and prints on a day that stands still: made once for all processes of a test run. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { vi } from 'vitest'
import { inColumns } from '../cli/command-line.ts'

export const DEMO_RUN = 'demo_refund_cents'
/** The day on which the demo was run. */
export const DEMO_DAY = '2026-05-12T09:00:00.000Z'

const LOOK_MS = 100
const LONGEST_MS = 240_000

export interface Demo {
  readonly code: number
  /** What it printed, 80 columns wide. */
  readonly out: string
  /** Its store, which nobody writes to. */
  readonly store: string
}

/** The demo; the first process that asks makes it, the others wait. Throws where it takes longer than four minutes. */
export async function theDemo(): Promise<Demo> {
  const folder = join(tmpdir(), 'autotune-the-demo')
  const told = join(folder, 'printed.json')
  try {
    mkdirSync(folder)
  } catch {
    return { ...(await waitedFor(told)), store: join(folder, 'harness') }
  }
  const store = join(folder, 'harness')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(DEMO_DAY) })
  try {
    const { code, out } = await inColumns('80', 'demo', '--store', store)
    writeFileSync(`${told}.new`, JSON.stringify({ code, out }))
    renameSync(`${told}.new`, told)
    return { code, out, store }
  } finally {
    vi.useRealTimers()
  }
}

async function waitedFor(file: string): Promise<Pick<Demo, 'code' | 'out'>> {
  for (let waited = 0; waited < LONGEST_MS; waited += LOOK_MS) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      await sleep(LOOK_MS)
    }
  }
  throw new Error(`the demo that another process of this test run makes did not end: ${file}`)
}
