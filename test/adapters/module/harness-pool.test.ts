import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HarnessHost, HarnessNotLoaded } from '#adapters/local/module/harness-host.ts'
import { HarnessPool } from '#adapters/local/module/harness-pool.ts'
import type { HostAnswer, Job } from '#adapters/local/module/protocol.ts'

interface Fake {
  readonly fails: boolean
  /** Turns of the event loop that a case takes; null: until it is killed. */
  readonly turns: number | null
}

/** A pool over processes that only say they are some, and how many cases began in it. */
function aPool(concurrency: number) {
  let begun = 0
  const start = async () => {
    let isAlive = true
    let kill = () => {}
    const host = {
      get isAlive() {
        return isAlive
      },
      async run(job: Job): Promise<HostAnswer> {
        begun++
        const { fails, turns } = job as unknown as Fake
        const killed = new Promise<HostAnswer>((resolve) => {
          kill = () => resolve({ failed: 'it was closed', died: true })
        })
        const answered = async (): Promise<HostAnswer> => {
          for (let i = 0; i < turns!; i++) await new Promise((resolve) => setImmediate(resolve))
          return fails ? { failed: 'no' } : { unreplayable: 'yes' }
        }
        return await (turns === null ? killed : Promise.race([answered(), killed]))
      },
      close() {
        isAlive = false
        kill()
      },
    }
    return host as unknown as HarnessHost
  }
  return { pool: new HarnessPool(start, { concurrency, limitMs: 1000 }), begun: () => begun }
}

const works = (pool: HarnessPool, cases: readonly Fake[]) =>
  pool.map(
    [...cases.entries()],
    async ([i, one], ask) => ({ i, failed: 'failed' in (await ask(one as unknown as Job)) }),
    ({ failed }) => failed,
  )

describe('a block of cases', () => {
  test('gives the results up to the first failure in their order, whatever the pace and the number of processes', async () => {
    const fake = fc.record({ fails: fc.boolean(), turns: fc.integer({ min: 0, max: 5 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fake, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (cases, concurrency) => {
          const first = cases.findIndex((c) => c.fails)
          const expected = (first < 0 ? cases : cases.slice(0, first + 1)).map((c, i) => ({ i, failed: c.fails }))
          expect(await works(aPool(concurrency).pool, cases)).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('that hang behind a failure are killed, and none behind them begins', async () => {
    const { pool, begun } = aPool(2)
    const hang = { fails: true, turns: null }
    expect(await works(pool, [{ fails: true, turns: 3 }, hang, hang, hang])).toEqual([{ i: 0, failed: true }])
    expect(begun()).toBe(2)
  })
})

test('a module that no longer loads has failed on its case: it is no error of the program', async () => {
  const pool = new HarnessPool(() => Promise.reject(new HarnessNotLoaded('what it likes to say')), {
    concurrency: 1,
    limitMs: 1000,
  })
  await expect(pool.open()).rejects.toThrow(HarnessNotLoaded)
  expect(await pool.map([0], async (_, ask) => await ask({} as Job))).toEqual([{ failed: 'what it likes to say' }])
})
