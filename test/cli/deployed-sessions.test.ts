/** Sessions that a deployment takes in as one run each: windows that cut them leave what a folder leaves. */
import { expect, test } from 'vitest'
import { hex, spanLines, whole } from '../support/otlp-spans.ts'
import { bothPlaces, stack } from './both-places.ts'
import { autotune } from './command-line.ts'

const twin = bothPlaces()

const OPTIONS = ['--unit', 'session', '--split-key', 'key-of-these-tests', '--layout', 'segments', '--json']

test('a part of a stored session is skipped, what goes beyond it is refused by name, and all else goes in', async () => {
  const of = (...traces: number[]) =>
    twin.place.file(
      `${traces.join('-')}.jsonl`,
      spanLines(traces.flatMap((trace) => whole(trace, trace < 5 ? { session: 's' } : {}))),
    )
  for (const where of [['--store', twin.place.store], stack]) {
    const imported = async (file: string) => {
      const { code, err, json } = await autotune('import', file, ...OPTIONS, ...where)
      return { code, err, ...(json() as object) }
    }
    expect(await imported(of(1, 2, 6))).toMatchObject({ code: 0, stored: 2 })
    expect(await imported(of(2, 7))).toMatchObject({ code: 0, stored: 1, traces: { parts: 1, refused: { n: 0 } } })
    expect(await imported(of(2, 3, 8))).toMatchObject({
      ...{ code: 3, stored: 1, err: expect.stringContaining('the window of an export cut that session') },
      traces: { parts: 0, refused: { n: 1, runs: [{ run_id: hex(2, 32), reason: 'shared' }] } },
    })
  }
})
