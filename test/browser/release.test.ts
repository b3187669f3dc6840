/** From the demo to a kept release in a real browser, and to one that comes back by itself. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Routing } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { serve } from '../../functions/cli/rollout/serve.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { autotune } from '../cli/command-line.ts'
import { DESKTOP, describeBrowser, launch, NO_SCRIPT, PHONE, picture, visit } from '../support/browser.ts'
import { copyOf, demoStore, type Role, RUN, SEATS, START, serving, servingReview, standing } from './desk.ts'

const CONFIG = new URL('../../functions/demo/rollout-quick.json', import.meta.url).pathname
const ID = `ro_${RUN}`
const HOUR = 3_600_000

describeBrowser('from the demo to production in a browser', () => {
  let browser: Browser
  /** Approved by the first test, and carried on by the others. */
  let store: string
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(START) })
    store = copyOf(await demoStore())
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    vi.useRealTimers()
  })

  const approve = async (page: Page, role: Role) => {
    await page.getByLabel('Comment (may stay empty)').fill('looks right')
    await page.getByLabel('I have read what changes').check()
    await page.getByRole('button', { name: `Approve as ${role}` }).click()
    await page.waitForURL(/\/review\//)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^You approved demo_refund_cents/)
  }

  test('a scanner that opens every link twice changes nothing; then three people approve', async () => {
    await servingReview(store, async ({ url }) => {
      for (const role of Object.keys(SEATS) as Role[])
        for (const method of ['HEAD', 'GET', 'HEAD', 'GET'])
          expect((await fetch(url(role), { method })).status).toBe(200)
      expect(await standing(store)).toMatchObject({ status: 'open', decisions: [] })

      await visit(browser, url('reliability'), NO_SCRIPT, async (page) => {
        // The browser itself asks for the confirmation.
        await page.getByRole('button', { name: 'Approve as reliability' }).click()
        expect((await standing(store)).decisions).toEqual([])
        await approve(page, 'reliability')
        expect(await page.textContent('main')).toContain('The review goes on until every required role has decided')
      })
      await visit(browser, url('policy'), { ...PHONE, hasTouch: true }, async (page) => {
        expect(await page.textContent('.seats')).toContain('reliability approved')
        await approve(page, 'policy')
        // 303: a reload asks for the page and sends no form.
        await page.reload()
        expect(await page.textContent('h1')).toMatch(/^You approved/)
      })
      await visit(browser, url('domain_owner'), DESKTOP, async (page) => {
        await approve(page, 'domain_owner')
        expect(await page.textContent('main')).toContain('Every required role has approved')
      })
    })
    const { status, decisions } = await standing(store)
    expect(status).toBe('approved')
    expect(decisions.map((d) => `${d.role}=${d.reviewer}`)).toEqual(Object.entries(SEATS).map((s) => s.join('=')))
  })

  const rollout = (dir: string, verb: string, ...argv: string[]) => autotune('rollout', verb, ...argv, '--store', dir)

  /** The example's runtime serves a period under the routing in force, and its scored runs are recorded and judged. */
  async function produce(dir: string, world: 'good' | 'harm'): Promise<void> {
    const file = join(dir, 'runs.jsonl')
    const routing = Routing.parse((await rollout(dir, 'export', ID)).json())
    writeFileSync(
      file,
      [...productionRuns(routing, { world, requests: 1600 })].map((run) => `${JSON.stringify(run)}\n`).join(''),
    )
    expect((await rollout(dir, 'record', ID, file)).code).toBe(0)
    vi.setSystemTime(Date.now() + 6 * HOUR)
  }
  const started = async (dir: string) => expect((await rollout(dir, 'start', RUN, '--config', CONFIG)).code).toBe(0)
  const servingRollout = (dir: string, use: (url: string) => Promise<void>) =>
    serving<{ url: string }>(
      (stop) => serve(ID, { store: dir, json: true, port: 0 }, stop),
      ({ url }) => use(url),
    )
  /** Every stage with what is said of it; times are left out. */
  const track = async (page: Page) =>
    (await page.locator('.track li').allTextContents()).map((text) => text.replace(/(passed) \d.*/, '$1'))

  test('good production carries it through every stage, and the page says so at each', async () => {
    const dir = copyOf(store)
    await started(dir)
    await servingRollout(dir, async (url) => {
      await visit(browser, url, NO_SCRIPT, async (page) => {
        for (const [at, stage] of STAGES.entries()) {
          await page.reload()
          const ahead = STAGES.slice(at + 1).map((s) => `${s} to come`)
          expect(await track(page)).toEqual([
            ...STAGES.slice(0, at).map((s) => `${s} passed`),
            `${stage} now`,
            ...ahead,
          ])
          expect(await page.locator('[aria-current=step]').textContent()).toBe(`${stage} now`)
          expect(await page.textContent('.tiles')).toContain('Stays where it is')
          await produce(dir, 'good')
          await page.reload()
          expect(await page.textContent('.tiles')).toContain('Goes forward')
          if (stage === '25%_monitored') await picture(page, 'rollout-desktop', 1150)
          expect((await rollout(dir, 'advance', ID)).code).toBe(0)
        }
        await page.reload()
        expect(await page.textContent('.tiles')).toContain('Released, watched')
        await produce(dir, 'good')
        expect((await rollout(dir, 'advance', ID)).out).toContain('released and kept')
        await page.reload()
        expect(await page.textContent('.tiles')).toContain('Kept')
        expect(await page.locator('.timeline > li').count()).toBe(7)
        expect(await page.textContent('main')).toContain('reliability')
      })
    })
  })

  test('harm that shows at stage three takes the whole tuple back by itself', async () => {
    const dir = copyOf(store)
    await started(dir)
    await servingRollout(dir, async (url) => {
      await visit(browser, url, PHONE, async (page) => {
        for (let at = 0; at < 3; at++) {
          await produce(dir, 'harm')
          await page.reload()
          expect(await page.textContent('.tiles')).toContain(at < 2 ? 'Goes forward' : 'Goes back')
          expect((await rollout(dir, 'advance', ID)).code).toBe(at < 2 ? 0 : 3)
        }
        await page.reload()
        const [one, two, ...rest] = STAGES
        expect(await track(page)).toEqual([
          `${one} passed`,
          `${two} passed`,
          '5%_low_risk rolled back here',
          ...rest.slice(1).map((s) => `${s} not reached`),
        ])
        expect(await page.textContent('.tiles')).toContain('the baseline, everyone')
        expect(await page.textContent('main')).toContain('worse by more than 2 points, shown after')
        expect(await page.textContent('main')).toContain('there is nothing to stop')
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.viewport.width)
        await picture(page, 'rollout-rolled-back-phone', 1200)
      })
    })
  })

  test('the command on the page stops it, and the page says who did and why', async () => {
    const dir = copyOf(store)
    await started(dir)
    await servingRollout(dir, async (url) => {
      await visit(browser, url, DESKTOP, async (page) => {
        const command = (await page.locator('#stop ~ pre').textContent())!
        expect(command).toBe(`autotune rollout stop ${ID} --reason "..." --store ${dir}`)
        const [, ...words] = command.split(' ').map((word) => (word === '"..."' ? 'customers complain' : word))
        expect((await autotune(...words, '--by', 'fay')).code).toBe(0)
        await page.reload()
        expect(await page.textContent('.tiles')).toContain('Stopped by hand')
        expect(await page.textContent('.timeline')).toContain('fay: customers complain')
      })
      const posted = await fetch(url, { method: 'POST', body: 'x=1' })
      expect(posted.status).toBe(405)
    })
  })
})
