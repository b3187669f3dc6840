/** How far long work is: pace, what is left, and how seldom a log is told. By a clock that the test moves. */
import { describe, expect, test } from 'vitest'
import { ProgressLine } from '../../functions/cli/progress.ts'

function watched(isTerminal: boolean) {
  let now = 0
  const written: string[] = []
  const line = new ProgressLine({ isTerminal, columns: 60, now: () => now, write: (text) => written.push(text) })
  return {
    line,
    written,
    /** Tells or ticks when so many milliseconds have passed. */
    at(ms: number, message?: string) {
      now = ms
      if (message === undefined) line.tick()
      else line.tell(message)
      return written.length
    },
  }
}

describe('on a terminal', () => {
  test('nothing is told of what takes less than a second; then one line is written over and over', () => {
    const { at, written } = watched(true)
    expect(at(400, 'read 100 runs')).toBe(0)
    expect(at(1000)).toBe(1)
    expect(at(2000)).toBe(2)
    expect(written).toEqual(['\r\u001b[Kread 100 runs (1 s)', '\r\u001b[Kread 100 runs (2 s)'])
  })

  test('work that says nothing of itself is known to be under way within a second', () => {
    const { at, written } = watched(true)
    at(1000)
    expect(written).toEqual(['\r\u001b[Kworking (1 s)'])
  })

  test('a count has a pace, and one of a whole also the time that is left', () => {
    const { at, written } = watched(true)
    at(1000, 'stored 2000 of 12000 runs')
    at(3000, 'stored 4000 of 12000 runs')
    expect(written.at(-1)).toMatch('stored 4000 of 12000 runs; 1,000/s, 8 s left (3 s)')
    at(5000, 'compiled 100 runs')
    at(6000, 'compiled 300 runs')
    expect(written.at(-1)).toMatch('compiled 300 runs; 200/s (6 s)')
  })

  test('a line is never wider than the terminal, and is taken away before something else is printed', () => {
    const { at, written, line } = watched(true)
    at(2000, `replaying candidate 1 of 9: ${'x'.repeat(90)}`)
    expect(written.at(-1)!.slice('\r\u001b[K'.length).length).toBeLessThan(60)
    line.clear()
    expect(written.at(-1)).toBe('\r\u001b[K')
    line.clear()
    expect(written).toHaveLength(2)
  })
})

test('in a log one line is written every ten seconds, without a control character', () => {
  const { at, written } = watched(false)
  for (let ms = 0; ms <= 35_000; ms += 500) at(ms, `read ${ms} runs`)
  expect(written).toHaveLength(3)
  for (const text of written) expect(text).toMatch(/^read \d+ runs; 1,000\/s \(\d\d s\)\n$/)
})
