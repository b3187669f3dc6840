/** The review page in a real browser: a rejection by keyboard, phones and desks, without JavaScript, by a screen reader. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DESKTOP, describeBrowser, launch, NO_SCRIPT, PHONE, picture, visit } from '../support/browser.ts'
import { copyOf, demoStore, START, servingReview, standing } from './desk.ts'

describeBrowser('a review in a browser', () => {
  let browser: Browser
  /** The store before anybody was asked. */
  let untouched: string
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(START) })
    untouched = await demoStore()
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    vi.useRealTimers()
  })

  test('a rejection needs its reason, by keyboard alone, and ends the review for everyone', async () => {
    const other = copyOf(untouched)
    await servingReview(other, async ({ url }) => {
      await visit(browser, url('policy'), DESKTOP, async (page) => {
        await page.keyboard.press('Tab')
        expect(await page.evaluate('document.activeElement.textContent')).toBe('Go to the decision')
        await page.keyboard.press('Enter')
        await page.getByLabel('I reject this change as policy').focus()
        await page.keyboard.press('Space')
        await page.keyboard.press('Tab')
        await page.keyboard.press('Enter')
        expect((await standing(other)).decisions).toEqual([])
        await page.getByLabel('Reason (required').fill('hides refunds of older orders')
        await page.getByRole('button', { name: 'Reject as policy' }).press('Enter')
        await page.waitForURL(/\/review\//)
        expect(await page.textContent('h1')).toMatch(/^You rejected/)
      })
      await visit(browser, url('reliability'), PHONE, async (page) => {
        expect(await page.textContent('h1')).toContain('has ended: rejected')
        expect(await page.locator('form').count()).toBe(0)
      })
    })
    expect((await standing(other)).status).toBe('rejected')
  })

  test('the page fits a phone and a desk, light and dark, and opens its details without JavaScript', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      for (const size of [PHONE, DESKTOP])
        for (const colorScheme of ['light', 'dark'] as const)
          await visit(browser, url('policy'), { ...size, colorScheme }, async (page) => {
            const { width } = size.viewport
            expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
            const name = `review-${size === PHONE ? 'phone' : 'desktop'}${colorScheme === 'dark' ? '-dark' : ''}`
            if (colorScheme === 'light' || size === PHONE) await picture(page, name, size === PHONE ? 1200 : 1150)
            // Everything open is the widest that the page ever gets.
            for (const summary of await page.locator('summary').all()) await summary.click()
            if (name === 'review-desktop') await picture(page, 'review-case', 760, '.case')
            expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
          })
      await visit(browser, url('policy'), NO_SCRIPT, async (page) => {
        const table = page.getByRole('table', { name: /^Candidates on the search set/ })
        expect(await table.isVisible()).toBe(false)
        await page.getByText('All candidates', { exact: true }).click()
        await page.getByText('The plot as a table').click()
        expect(await table.isVisible()).toBe(true)
      })
    })
  })

  test('reads in order by a screen reader: one title, headings without gaps, named tables, pictures and fields', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      await visit(browser, url('policy'), DESKTOP, async (page) => {
        const tree = await page.locator('body').ariaSnapshot()
        expect(tree).toContain(
          'heading "support.refund: read 6 instead of 10 passages a hop of order history" [level=1]',
        )
        for (const part of [
          'heading "Look at this" [level=2]',
          'heading "Did evidence coverage stay complete?" [level=2]',
          'table "Passages in the contexts of the search set"',
          'rowheader "adp_orders, hop 1 order_history"',
          'columnheader "needed, lost"',
          'textbox "Reason (required',
          'checkbox "I have read what changes for support.refund and approve it as policy"',
          'button "Approve as policy"',
        ])
          expect(tree).toContain(part)
        for (const summary of await page.locator('summary').all()) await summary.click()
        const opened = await page.locator('body').ariaSnapshot()
        for (const part of [
          'table "Settings of the pack, from → to"',
          'img "Each dimension against its limit, on the held-out set',
          'img "Candidates by ',
        ])
          expect(opened).toContain(part)
      })
      // Phone rows become blocks; they stay rows and cells all the same.
      await visit(browser, url('policy'), PHONE, async (page) => {
        const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'adp_orders, hop 1' }) })
        expect(await row.first().getByRole('cell').count()).toBe(4)
      })
    })
  })

  test('no table of the page is wider than a tablet', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      await visit(browser, url('policy'), { viewport: { width: 768, height: 1024 } }, async (page) => {
        await page.evaluate('for (const e of document.querySelectorAll("details")) e.open = true')
        const cut = `[...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth)
          .map((e) => e.getAttribute('aria-labelledby'))`
        expect(await page.evaluate(cut)).toEqual([])
      })
    })
  })

  test('at most 450 words stand open on the page of the demo', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      await visit(browser, url('policy'), DESKTOP, async (page) => {
        // What is closed is not rendered, and no word of it is inner text.
        const words = (await page.locator('main').innerText()).split(/\s+/).filter((w) => /\p{L}/u.test(w))
        expect(words.length).toBeGreaterThan(150)
        expect(words.length).toBeLessThanOrEqual(450)
      })
    })
  })

  test('one screen of a phone tells the change, the gain, the harm and what to look at', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      await visit(browser, url('policy'), PHONE, async (page) => {
        for (const part of ['h1', '.lead', '.look']) {
          const box = (await page.locator(part).first().boundingBox())!
          expect(box.y + box.height).toBeLessThanOrEqual(PHONE.viewport.height)
        }
        expect(await page.textContent('.lead')).toMatch(/Saves 8\.83.%.*Held-out families: 0 of 589 worse, 0 better/)
      })
    })
  })

  test('print shows what is closed, and no form', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      await visit(browser, url('policy'), DESKTOP, async (page) => {
        const shown = () =>
          page
            .locator('main > section > details, .case')
            .evaluateAll((all) =>
              all.map((e) =>
                (
                  e as unknown as { lastElementChild: { checkVisibility(o: object): boolean } }
                ).lastElementChild.checkVisibility({ contentVisibilityAuto: true }),
              ),
            )
        expect(await shown()).not.toContain(true)
        await page.emulateMedia({ media: 'print' })
        // What is hidden by content-visibility is laid out in the next frame, not at the change of the medium.
        await expect.poll(shown).not.toContain(false)
        expect(await page.locator('form').first().isVisible()).toBe(false)
      })
    })
  })

  test('what was shown stays readable after the end, for whoever still has a link', async () => {
    await servingReview(copyOf(untouched), async ({ url }) => {
      await visit(browser, url('policy'), DESKTOP, async (page) => {
        await page.getByLabel('I reject this change as policy').check()
        await page.getByLabel('Reason (required').fill('hides refunds of older orders')
        await page.getByRole('button', { name: 'Reject as policy' }).click()
        await page.waitForURL(/\/review\//)
      })
      await visit(browser, url('reliability'), PHONE, async (page) => {
        expect(await page.textContent('main')).toContain('hides refunds of older orders')
        expect(await page.textContent('main')).toContain('Did evidence coverage stay complete?')
        expect(await page.locator('form').count()).toBe(0)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.viewport.width)
      })
    })
  })
})
