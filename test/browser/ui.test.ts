/** The workbench in a real browser: every page on a phone, a tablet and a desk, without JavaScript, and by a screen reader. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../functions/embedded/open-store.ts'
import { serveWorkbench } from '../../functions/embedded/ui-server.ts'
import { autotune } from '../cli/command-line.ts'
import { approve, certified } from '../steps/release/support.ts'
import { describeBrowser, launch, NO_SCRIPT, PHONE, visit } from '../support/browser.ts'
import { INTENT } from '../support/builders.ts'

const QUICK = new URL('../../functions/demo/rollout-quick.json', import.meta.url).pathname
const TABLET = { viewport: { width: 768, height: 1024 } } as const
const SIZES = [PHONE, TABLET, { viewport: { width: 1280, height: 900 } }]

describeBrowser('the workbench in a browser', () => {
  let browser: Browser
  let dir: string
  let server: Awaited<ReturnType<typeof serveWorkbench>>
  let paths: readonly string[]
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'autotune-ui-'))
    const store = openStore(dir, { durable: false })
    await approve(await certified(store), 'r').finally(() => store.close())
    expect((await autotune('rollout', 'start', 'r', '--config', QUICK, '--store', dir)).code).toBe(0)
    server = await serveWorkbench(dir, '', 0, { failed: (error) => console.error(error), refused: () => {} })
    const candidates = await (await fetch(`${server.origin}/runs/r`)).text()
    const candidate = /\/runs\/r\/candidates\/[^"?]+/.exec(candidates)![0]
    paths = [
      '/',
      '/runs',
      '/runs/r',
      '/runs/r/report',
      candidate,
      `/cases/${INTENT}/s1?run=r`,
      '/reviews',
      '/reviews/rv_r_1',
      '/rollouts',
      '/rollouts/ro_r',
      `/intents/${INTENT}`,
      '/store',
      '/compare?a=r&b=r',
    ]
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  test('fits a phone, a tablet and a desk with everything open, and axe finds nothing', async () => {
    for (const path of paths)
      for (const size of SIZES)
        await visit(browser, `${server.origin}${path}`, size, async (page) => {
          await page.evaluate('for (const e of document.querySelectorAll("details")) e.open = true')
          const wide = await page.evaluate('document.documentElement.scrollWidth')
          expect([path, size.viewport.width, wide]).toEqual([path, size.viewport.width, size.viewport.width])
        })
  })

  test('is walked through without JavaScript: from an intent to a run, a candidate and a case', async () => {
    await visit(browser, `${server.origin}/`, NO_SCRIPT, async (page) => {
      await page.getByRole('link', { name: INTENT }).click()
      expect(await page.textContent('main')).toContain('No day was judged in this store yet')
      await page.getByRole('link', { name: 'its runs' }).click()
      expect(await page.textContent('h1')).toBe('Runs')
      await page.getByLabel('Verdict').selectOption('certified')
      await page.getByRole('button', { name: 'Show' }).click()
      expect(page.url()).toContain('verdict=certified')
      await page.getByRole('link', { name: 'r', exact: true }).click()
      await page.getByRole('rowheader').getByRole('link').first().click()
      expect(await page.textContent('main')).toContain('Limits, on the search set')
      await page.getByRole('link', { name: /^s\d/ }).first().click()
      expect(await page.textContent('main')).toContain('Context: what was offered')
    })
  })
})
