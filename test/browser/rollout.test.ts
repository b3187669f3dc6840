/** The page of a rollout in a real browser: every state at every width, kept fresh with a script and without one. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { monitorRelease } from '#core/release/monitor.ts'
import { applyRelease, stopRollout, type Transition } from '#core/release/rollout.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { storyOf } from '#core/release/story.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { type PageServer, plain, servePages } from '../../functions/embedded/page-server.ts'
import { type RolloutView, rolloutPage, scriptOf } from '../../functions/pages/rollout/page.ts'
import { afterDwell, inStage, passing, released, runsIn, START, started, step } from '../core/release/builders.ts'
import { aProposal } from '../core/review/builders.ts'
import { DESKTOP, describeBrowser, launch, NO_SCRIPT, visit } from '../support/browser.ts'

interface State {
  readonly rollout: Rollout
  readonly runs: readonly ProductionRun[]
  readonly now: string
}

const moved = (done: Transition): Rollout => {
  if (!('next' in done)) throw new Error('not moved')
  return done.next
}

const running = (): State => {
  const { rollout, runs } = inStage('25%_monitored')
  return { rollout, runs: [...runs, ...runsIn(rollout, '25%_monitored', 60)], now: afterDwell(rollout) }
}

const STATES: Readonly<Record<string, () => State>> = {
  running,
  'just begun': () => ({ rollout: started(), runs: [], now: START }),
  paused: () => {
    const { rollout, runs } = inStage('1%_internal')
    const now = afterDwell(rollout)
    return { rollout: step(rollout, runs, now), runs, now }
  },
  'rolled back': () => {
    const { rollout, runs } = inStage('5%_low_risk')
    const drops = passing(0.4, 3)
    const bad = runsIn(rollout, '5%_low_risk', 120, (arm) => {
      const { utility_score } = drops(arm)
      return { utility_score, utility_passed: utility_score === 1 }
    }).map((run, n) => ({ ...run, attributes: { tier: 'standard', region: n % 2 === 0 ? 'north' : 'south' } }))
    const log = [...runs, ...bad]
    return { rollout: step(rollout, log, rollout.entered_at), runs: log, now: rollout.entered_at }
  },
  kept: () => {
    const { rollout, runs } = released()
    const log = [...runs, ...runsIn(rollout, 'window', 120)]
    const now = rollout.deadline
    const verdict = monitorRelease({ rollout, runs: log, now, successor: null })
    return { rollout: moved(applyRelease(rollout, verdict, now)), runs: log, now }
  },
  stopped: () => {
    const { rollout, runs } = inStage('100%')
    const now = rollout.entered_at
    return { rollout: moved(stopRollout(rollout, { by: 'ana@acme', reason: 'complaints', at: now })), runs, now }
  },
}

const viewOf = ({ rollout, runs, now }: State, refresh = 0.2): RolloutView => {
  const latest =
    rollout.status === 'running' || rollout.status === 'paused' ? evaluateStage({ rollout, runs, now }) : null
  const story = storyOf(rollout, latest, { runs }, aProposal())
  const failed_runs = story.failures.map(({ rule, runs: ids }) => ({
    rule,
    runs: ids.slice(0, 20).map((run_id) => ({ run_id, recorded: false })),
    more: Math.max(0, ids.length - 20),
    withheld: 0,
  }))
  return { story, failed_runs, now, options: '', refresh }
}

describeBrowser('the page of a rollout', () => {
  let browser: Browser
  let server: PageServer
  let shown: RolloutView
  let asked = 0
  beforeAll(async () => {
    browser = await launch()
    server = await servePages(
      async (_, { path }) => {
        if (path !== '/') return plain(200, '')
        asked++
        return { status: 200, location: null, body: rolloutPage(shown), script: scriptOf(shown) }
      },
      0,
      { failed: (error) => expect.unreachable(error.message), refused: () => {} },
    )
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const fits = async (page: Page, width: number) => {
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    expect(await page.locator('h1').count()).toBe(1)
  }

  test.each(Object.keys(STATES))('%s, fits a phone, a tablet and a desktop, folded and unfolded', async (state) => {
    shown = viewOf(STATES[state]!(), 600)
    // Colours are the same at every width.
    for (const [width, colorScheme] of [
      [390, 'light'],
      [390, 'dark'],
      [768, 'light'],
      [1280, 'light'],
    ] as const)
      await visit(browser, server.origin, { viewport: { width, height: 900 }, colorScheme }, async (page) => {
        await fits(page, width)
        await page.evaluate(`for (const d of document.querySelectorAll('details')) d.open = true`)
        await fits(page, width)
      })
  })

  test('without a script there is a link that reloads, and no button that would do nothing', async () => {
    shown = viewOf(running())
    await visit(browser, server.origin, NO_SCRIPT, async (page) => {
      expect(await page.getByRole('button').count()).toBe(0)
      const before = asked
      await page.getByRole('link', { name: 'Reload' }).click()
      await page.waitForURL(`${server.origin}/`)
      expect(asked).toBe(before + 1)
      expect(await page.textContent('.tiles')).toContain('in 25%_monitored')
    })
  })

  test('with one it follows the rollout; what was opened stays open, and the focus where it was', async () => {
    const going = running()
    shown = viewOf(going)
    await visit(browser, server.origin, DESKTOP, async (page) => {
      const folded = page.locator('#now-rest summary')
      await folded.focus()
      await page.keyboard.press('Enter')
      expect(await page.locator('#now-rest[open]').count()).toBe(1)
      shown = viewOf({ ...going, now: going.rollout.deadline })
      await page.getByText('deadline', { exact: false }).first().waitFor()
      // A predicate as text is evaluated in the page, whose policy forbids that while it is polled.
      await page.locator('#live').filter({ hasText: 'was not decided by' }).waitFor()
      expect(await page.locator('#now-rest[open]').count()).toBe(1)
      expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY')

      shown = viewOf(STATES.stopped!())
      await page.getByRole('status').filter({ hasText: 'Stopped by hand' }).waitFor()
      expect(await page.getByRole('status').textContent()).toContain('This page does not change any more.')
      expect(await page.getByRole('button').count()).toBe(0)
      const ended = asked
      await page.waitForTimeout(600)
      expect(asked).toBe(ended)
    })
  })

  test('the button pauses it and lets it go on, by keyboard too', async () => {
    shown = viewOf(running())
    await visit(browser, server.origin, DESKTOP, async (page) => {
      const button = page.getByRole('button', { name: 'Pause updates' })
      await button.focus()
      await page.keyboard.press('Space')
      expect(await page.getByRole('status').textContent()).toBe('Updates are paused.')
      await page.waitForTimeout(300)
      const before = asked
      await page.waitForTimeout(600)
      expect(asked).toBe(before)
      await page.getByRole('button', { name: 'Go on updating' }).press('Enter')
      await expect.poll(() => asked).toBeGreaterThan(before)
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Pause updates')
    })
  })
})
