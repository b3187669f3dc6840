/** What people are told of judged days: each band that broke then or starts a run, and what is done about it. */
import type { DailyCadence } from '#schemas/cadence.ts'
import type { JudgedDays } from '#schemas/cadence-payloads.ts'

/** Lines of a notice at most: it is read on a telephone. */
const MOST_LINES = 50

/** Some lines under a subject, and a last one behind them; null: there is nothing to tell. */
export function noticeWith(subject: string, lines: readonly string[], last: string): JudgedDays['notice'] {
  if (lines.length === 0) return null
  const more = lines.length - MOST_LINES
  return {
    subject,
    message: [...lines.slice(0, MOST_LINES), ...(more > 0 ? [`and ${more} more`] : []), last].join('\n'),
  }
}

/**
 * Null: nothing moved on these days. A band that stays broken is told of on the day it broke and on the day it starts a run, not
 * every day between. Names and numbers alone: recorded content is nobody's business in a mail.
 */
export function noticeOf(days: readonly DailyCadence[]): JudgedDays['notice'] {
  const lines = days.flatMap(({ date, intents }) =>
    intents.flatMap(({ intent, series, queue }) =>
      queue.flatMap(({ metric, side, run_id, says }) => {
        const moved = series.find((one) => one.metric === metric && one.side === side)!
        if (moved.moved_since !== date && run_id === null) return []
        return [
          `${date} ${intent}: ${metric} is ${side} ${moved.edge} since ${moved.moved_since} (mean of the day ${moved.mean ?? 'not measured'}); ${says}`,
        ]
      }),
    ),
  )
  const date = days.at(-1)?.date
  return noticeWith(
    `autotune ${date}: ${lines.length === 1 ? 'a band' : `${lines.length} bands`} moved`,
    lines,
    `autotune cadence show ${date} shows the whole day.`,
  )
}
