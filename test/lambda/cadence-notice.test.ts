import { describe, expect, it } from 'vitest'
import type { DailyCadence, QueueEntry } from '#schemas/cadence.ts'
import { noticeOf } from '../../functions/lambda/cadence-notice.ts'
import { runExecution } from '../../functions/lambda/workflow-state.ts'

type Entry = Pick<QueueEntry, 'run_id' | 'says'> & { readonly since: string; readonly mean?: number | null }

/** A judged day of one intent with a broken band an entry. */
const day = (date: string, entries: readonly Entry[]): DailyCadence => {
  const bands = entries.map((_, n) => ({
    metric: 'utility' as const,
    side: n % 2 ? ('above' as const) : ('below' as const),
  }))
  return {
    date,
    intents: [
      {
        intent: 'support.refund',
        series: bands.map((band, n) => ({
          ...band,
          edge: 0.8,
          mean: entries[n]!.mean === undefined ? 0.5 : entries[n]!.mean,
          moved_since: entries[n]!.since,
        })),
        queue: bands.map((band, n) => ({ ...band, why: null, ...entries[n]! })),
      },
    ],
  } as unknown as DailyCadence
}
const queued: Entry = { run_id: 'at_1', says: 'run at_1 is queued', since: '2026-11-02' }
const waiting: Entry = { run_id: null, says: 'rollout ro_1 is under way', since: '2026-11-02' }

describe('what people are told of judged days', () => {
  it('is nothing where no band is broken, and nothing where no day was judged', () => {
    expect(noticeOf([])).toBeNull()
    expect(noticeOf([day('2026-11-02', [])])).toBeNull()
  })

  it('is a band on the day it broke, with the reason why it starts no run', () => {
    expect(noticeOf([day('2026-11-02', [waiting])])).toEqual({
      subject: 'autotune 2026-11-02: a band moved',
      message:
        '2026-11-02 support.refund: utility is below 0.8 since 2026-11-02 (mean of the day 0.5); rollout ro_1 is under way\nautotune cadence show 2026-11-02 shows the whole day.',
    })
  })

  it('is not said again while it stays broken, until it starts its run', () => {
    expect(noticeOf([day('2026-11-03', [waiting])])).toBeNull()
    expect(noticeOf([day('2026-11-03', [waiting]), day('2026-11-04', [queued])])!.message).toContain('2026-11-04 ')
  })

  it('says of a day without a measure that it was not measured', () => {
    expect(noticeOf([day('2026-11-03', [{ ...queued, mean: null }])])!.message).toContain(
      'mean of the day not measured',
    )
  })

  it('fits a mail: a short subject in plain letters, at most fifty bands, and how many more', () => {
    const days = Array.from({ length: 60 }, (_, n) => day(`2026-11-${String(n + 1).padStart(2, '0')}`, [queued]))
    const { subject, message } = noticeOf(days)!
    expect(subject).toMatch(/^[ -~]{1,100}$/)
    expect(message.split('\n')).toHaveLength(52)
    expect(message).toContain('and 10 more')
  })
})

describe('the execution of a queued run', () => {
  it.each([
    ['at_2026_11_01_support.refund_utility', 'at_2026_11_01_support.refund_utility'],
    ['a'.repeat(80), 'a'.repeat(80)],
    ['a'.repeat(128), expect.stringMatching(/^a{60}-[0-9a-f]{8}$/)],
    ['at_2026_11_01_shop:refund_utility', expect.stringMatching(/^at_2026_11_01_shop-refund_utility-[0-9a-f]{8}$/)],
  ])('is named by its run where that can be a name: %s', (run, name) => {
    expect(runExecution(run)).toEqual(name)
  })

  it('is another one for another run, also where both are cut', () => {
    expect(runExecution(`${'a'.repeat(100)}x`)).not.toBe(runExecution(`${'a'.repeat(100)}y`))
  })
})
