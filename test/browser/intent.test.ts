/** The month of an intent in a real browser, with data: its charts on every screen, in both schemes, and without JavaScript. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveWorkbench } from '../../functions/embedded/ui-server.ts'
import { LATE, RUNS } from '../cli/cadence-place.ts'
import { autotune } from '../cli/command-line.ts'
import { DESKTOP, describeBrowser, launch, NO_SCRIPT, PHONE, visit } from '../support/browser.ts'

const INTENT = 'support.refund'
const SIZES = [PHONE, { viewport: { width: 768, height: 1024 } }, DESKTOP]

describeBrowser('the month of an intent in a browser', () => {
  let browser: Browser
  let dir: string
  let server: Awaited<ReturnType<typeof serveWorkbench>>
  let page: string
  /** Days with a run and without, one revised by late runs, and open ones behind the last judged; the cost leaves its band. */
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'autotune-intent-'))
    const store = join(dir, 'harness')
    const at = async (...argv: string[]) =>
      expect([argv[0], (await autotune(...argv, '--store', store)).err.replace(/^read .*\n/gm, '')]).toEqual([
        argv[0],
        '',
      ])
    await at('init', '--dir', dir)
    const bands = join(dir, 'bands.json')
    const all = JSON.parse(readFileSync(bands, 'utf8'))
    const [of] = all.intents
    all.false_alarms_per_quarter = 100
    Object.assign(of.bands[4], { above: 0.5, range: [0, 4], target: undefined })
    writeFileSync(bands, JSON.stringify(all))
    const lines = (name: string, runs: readonly object[]) => {
      writeFileSync(join(dir, name), runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
      return join(dir, name)
    }
    const late = new Set(LATE.map(({ run_id }) => run_id))
    const documents = ['pack', 'suite', 'prices'].flatMap((name) => [`--${name}`, join(dir, `${name}.json`)])
    const before = RUNS.filter(({ run_id, date }) => !late.has(run_id) && date !== '2026-04-06')
    await at('import', lines('runs.jsonl', before), ...documents, '--split-key', 'key-of-these-tests')
    const daily = ['cadence', 'daily', '--bands', bands, '--date']
    for (const day of ['2026-04-01', '2026-04-02']) await at(...daily, day)
    await at('import', lines('late.jsonl', LATE))
    await at(...daily, '2026-04-20')
    server = await serveWorkbench(store, '', 0, { failed: (error) => console.error(error), refused: () => {} })
    page = `${server.origin}/intents/${INTENT}?month=2026-04`
    browser = await launch()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  /** Texts of a chart that lie over each other, or that its frame cuts. */
  const illegible = (on: Page): Promise<string[]> =>
    on.evaluate<string[]>(`[...document.querySelectorAll('svg[role=img]')].flatMap((svg) => {
      const frame = svg.getBoundingClientRect()
      const texts = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()])
      return texts.flatMap(([text, a], i) => [
        ...(a.left < frame.left - 1 || a.right > frame.right + 1 ? [text + ' is cut'] : []),
        ...texts.slice(i + 1).flatMap(([other, b]) =>
          a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2
            ? [text + ' over ' + other] : []),
      ])
    })`)

  test('fits every screen in both schemes with everything open, axe finds nothing, and no label lies over another', async () => {
    for (const size of SIZES)
      for (const colorScheme of ['light', 'dark'] as const)
        await visit(browser, page, { ...size, colorScheme }, async (on) => {
          await on.evaluate('for (const e of document.querySelectorAll("details")) e.open = true')
          const wide = await on.evaluate('document.documentElement.scrollWidth')
          expect([size.viewport.width, wide]).toEqual([size.viewport.width, size.viewport.width])
          expect([size.viewport.width, await illegible(on)]).toEqual([size.viewport.width, []])
        })
  })

  test('is read without JavaScript: what moved, a chart a metric with its table, and the months beside it', async () => {
    await visit(browser, page, NO_SCRIPT, async (on) => {
      const main = (await on.textContent('main'))!
      expect(main).toMatch(/economics cents per decision broke above 0\.5 cents on \d+ April/)
      expect(main).toContain('as revised on 2026-04-03')
      const charts = on.locator('svg[role=img]')
      expect(await charts.count()).toBe(5)
      for (const chart of await charts.all()) {
        const { width, height } = (await chart.boundingBox())!
        expect([width > 300, height > 80]).toEqual([true, true])
      }
      await on.getByRole('link', { name: 'March 2026' }).click()
      expect(on.url()).toContain('month=2026-03')
      expect(await on.textContent('main')).not.toContain('broke above')
    })
  })
})
