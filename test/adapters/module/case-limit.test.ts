/** The time of a case is the harness's own: it stands still while the program asks a model. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CaseLimit } from '#adapters/local/module/case-limit.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('is over after so many milliseconds of its own', () => {
  const cut = vi.fn()
  const limit = new CaseLimit(100, cut)
  vi.advanceTimersByTime(60)
  limit.wait()
  limit.wait()
  vi.advanceTimersByTime(10_000)
  limit.goOn()
  vi.advanceTimersByTime(10_000)
  limit.goOn()
  vi.advanceTimersByTime(39)
  expect(cut).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2)
  expect(cut).toHaveBeenCalledOnce()
})

test('cuts nothing after it was stopped', () => {
  const cut = vi.fn()
  const limit = new CaseLimit(100, cut)
  limit.stop()
  vi.advanceTimersByTime(1000)
  expect(cut).not.toHaveBeenCalled()
})
