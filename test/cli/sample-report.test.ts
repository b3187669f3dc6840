/** The report that docs/ shows is that of the demo, of this version. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { autotune } from './command-line.ts'

const SAMPLE = new URL('../../docs/sample-report.html', import.meta.url)
const dir = mkdtempSync(join(tmpdir(), 'autotune-sample-'))
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-05-12T09:00:00.000Z') })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(dir, { recursive: true, force: true })
})

test('docs/sample-report.html is current (`npm run sample` writes it)', async () => {
  const [store, out] = [join(dir, 'harness'), join(dir, 'report.html')]
  expect((await autotune('demo', '--store', store, '--json')).code).toBe(0)
  expect((await autotune('report', 'demo_refund_cents', '--store', store, '--out', out)).code).toBe(0)
  const page = readFileSync(out, 'utf8')
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(300_000)
  if (process.env.AUTOTUNE_SAMPLE) writeFileSync(SAMPLE, page)
  expect(page === readFileSync(SAMPLE, 'utf8'), 'npm run sample').toBe(true)
})
