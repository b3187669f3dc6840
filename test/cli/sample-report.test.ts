/** The report that docs/ shows is that of the demo, of this version. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { DEMO_DAY, DEMO_RUN, theDemo } from '../support/demo.ts'
import { autotune } from './command-line.ts'

const SAMPLE = new URL('../../docs/sample-report.html', import.meta.url)
const dir = mkdtempSync(join(tmpdir(), 'autotune-sample-'))
afterEach(() => {
  vi.useRealTimers()
  rmSync(dir, { recursive: true, force: true })
})

test('docs/sample-report.html is current (`npm run sample` writes it)', async () => {
  const { code, store } = await theDemo()
  expect(code).toBe(0)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(DEMO_DAY) })
  const out = join(dir, 'report.html')
  expect((await autotune('report', DEMO_RUN, '--store', store, '--out', out)).code).toBe(0)
  const page = readFileSync(out, 'utf8')
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(300_000)
  if (process.env.AUTOTUNE_SAMPLE) writeFileSync(SAMPLE, page)
  expect(page === readFileSync(SAMPLE, 'utf8'), 'npm run sample').toBe(true)
})
