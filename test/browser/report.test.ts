/** A report in a real browser: its script under its own content policy, and the same page without it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { autotune } from '../cli/command-line.ts'
import { DESKTOP, describeBrowser, launch, NO_SCRIPT, picture, visit } from '../support/browser.ts'
import { demoStore, RUN, START } from './desk.ts'

describeBrowser('a report in a browser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-report-'))
  const file = join(dir, 'report.html')
  const url = pathToFileURL(file).href
  let browser: Browser
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(START) })
    expect((await autotune('report', RUN, '--store', await demoStore(), '--out', file)).code).toBe(0)
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(dir, { recursive: true, force: true })
    vi.useRealTimers()
  })
  const rows = 'table[data-sort] tbody tr'

  test('sorts by any column, by the keyboard too, and says which way', async () => {
    await visit(browser, url, DESKTOP, async (page) => {
      const metric = () =>
        page
          .locator(`${rows} td:nth-child(3)`)
          .evaluateAll((cells) => cells.map((c) => Number(c.getAttribute('data-v'))))
      const head = page.getByRole('columnheader', { name: 'cents per decision' })
      await head.getByRole('button').focus()
      await page.keyboard.press('Enter')
      expect(await head.getAttribute('aria-sort')).toBe('ascending')
      expect(await metric()).toEqual((await metric()).toSorted((a, b) => a - b))
      await head.getByRole('button').click()
      expect(await head.getAttribute('aria-sort')).toBe('descending')
      expect(await metric()).toEqual((await metric()).toSorted((a, b) => b - a))
    })
  })

  test('filters by words and by what became of a candidate, and says how many are left', async () => {
    await visit(browser, url, DESKTOP, async (page) => {
      const all = await page.locator(rows).count()
      await page.getByLabel('What became of it').selectOption('won')
      expect(await page.locator(`${rows}:visible`).count()).toBe(1)
      await page.getByLabel('What became of it').selectOption('')
      await page.getByLabel('Find').fill('max_hops')
      const left = await page.locator(`${rows}:visible`).count()
      expect([left > 0, left < all]).toEqual([true, true])
      expect(await page.getByText(`${left} of ${all} shown`).isVisible()).toBe(true)
    })
  })

  test('lights up a candidate wherever it stands, and says what it is', async () => {
    await visit(browser, url, DESKTOP, async (page) => {
      await page.locator('path.won[data-c]').first().hover()
      const lit = await page.locator('.hot').evaluateAll((all) => all.map((e) => e.tagName.toLowerCase()))
      expect(lit).toEqual(expect.arrayContaining(['path', 'tr']))
      expect(await page.locator('#tip').textContent()).toContain('top_k 10 → 6')
      await page.keyboard.press('Escape')
      expect(await page.locator('.hot').count()).toBe(0)
    })
  })

  test('is readable without a script, and has no dead control then', async () => {
    await visit(browser, url, NO_SCRIPT, async (page) => {
      expect(await page.locator('input, select, button').count()).toBe(0)
      expect(await page.locator(rows).first().isVisible()).toBe(true)
      await page.locator('details.case summary').first().click()
      expect(await page.locator('details.case ol').first().isVisible()).toBe(true)
    })
  })

  test.each([390, 768, 1280])('fits %i pixels with everything open, light and dark', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const)
      await visit(browser, url, { viewport: { width, height: 900 }, colorScheme }, async (page) => {
        for (const summary of await page.locator('summary').all()) await summary.click()
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
        if (width === 1280 && colorScheme === 'light') await picture(page, 'report-desktop', 1500)
      })
  })

  test('the first key leads past nothing but the content, and print shows what is closed', async () => {
    await visit(browser, url, DESKTOP, async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Go to the content')
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('.filter').isVisible()).toBe(false)
    })
  })
})
