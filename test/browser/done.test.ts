/** The pages of done and of the harness audit in a real browser: what axe finds in them, at both widths, light and dark. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { autotune } from '../cli/command-line.ts'
import { DESKTOP, describeBrowser, launch, NO_SCRIPT, PHONE, visit } from '../support/browser.ts'
import { demoStore } from './desk.ts'

describeBrowser('done and audit in a browser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-done-'))
  let browser: Browser
  beforeAll(async () => {
    const store = await demoStore()
    for (const verb of ['done', 'audit'])
      expect((await autotune(verb, '--store', store, '--html', join(dir, `${verb}.html`))).code).toBe(3)
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  test.each([
    ['done', 'Done? Not yet.'],
    ['audit', 'BLOCKED'],
  ])('%s', async (name, heading) => {
    const url = pathToFileURL(join(dir, `${name}.html`)).href
    for (const options of [DESKTOP, PHONE, { ...DESKTOP, colorScheme: 'dark' } as const, NO_SCRIPT])
      await visit(browser, url, options, async (page) => {
        expect(await page.locator('h1').textContent()).toBe(heading)
        const wide = page.locator('html')
        expect(await wide.evaluate((e) => e.scrollWidth <= e.clientWidth)).toBe(true)
      })
  })
})
