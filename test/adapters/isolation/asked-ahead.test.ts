/** What a search asks ahead: each question goes to its process once, in its turn, and what comes between does not lose it. */
import { expect, test } from 'vitest'
import { ShardProcesses } from '#adapters/local/isolation/shard-processes.ts'
import type { BaselinePins } from '#core/baseline/baseline.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { Asked } from '#core/search/sharded.ts'

type Held = ReturnType<ConstructorParameters<typeof ShardProcesses>[0]>
const question = (ask: string, first: number): Asked =>
  [0, 1].map((shard) => [shard, { ask, first } as never]) satisfies Asked
const [keys, answers] = [(n: number) => question('keys', n), (n: number) => question('answers', n)]

/** What each shard was asked, and what the search was told, where it asks these things in turn. */
async function searched(turns: readonly { readonly asked: Asked; readonly next: Asked }[]) {
  const told: unknown[] = []
  const asked: string[][] = []
  const start = (): Held => {
    const mine: string[] = []
    const shard = asked.push(mine) - 1
    let busy = false
    return {
      async *converse(_, lines = []) {
        for await (const _line of lines) yield '{"case":{},"result":{"excluded":"other"}}'
        return undefined as never
      },
      async *told(request, _lines, answer) {
        const { verb, question: one } = request as { verb: string; question: { ask: string; first: number } }
        if (verb === 'search-shards')
          for (const turn of turns) told.push(JSON.parse(await answer!(JSON.stringify(turn))))
        if (verb !== 'ask') return '{"hasMeasures":false}'
        expect(busy, 'one thing at a time').toBe(false)
        busy = true
        await new Promise((resolve) => setTimeout(resolve, shard))
        busy = false
        mine.push(`${one.ask} ${one.first}`)
        return JSON.stringify(`${one.ask} ${one.first} of ${shard}`)
      },
      close() {},
    }
  }
  const processes = new ShardProcesses(start, () => Promise.reject(new Error('nobody')), { most: 2, casesEach: 1 })
  const lines = Array.from({ length: 256 }, () => 'a case')
  for await (const _ of processes.reproduce(lines, {} as BaselinePins));
  const searching = processes.search({ panel: { cases: [], baseline: [] } } as unknown as SearchInput)
  expect(await searching.next()).toMatchObject({ done: true })
  return { told, asked: asked.slice(0, 2) }
}

test('keys that are asked ahead are known when their turn comes, also behind answers', async () => {
  const { told, asked } = await searched([
    { asked: keys(0), next: keys(1) },
    { asked: answers(0), next: answers(1) },
    { asked: keys(1), next: keys(2) },
    { asked: answers(1), next: [] },
  ])
  const once = ['keys 0', 'keys 1', 'answers 0', 'answers 1', 'keys 2']
  expect(asked).toEqual([once, once])
  expect(told).toEqual(['keys 0', 'answers 0', 'keys 1', 'answers 1'].map((what) => [`${what} of 0`, `${what} of 1`]))
})

test('what was asked ahead and is not wanted costs its own time alone', async () => {
  const { told } = await searched([
    { asked: answers(0), next: answers(1) },
    { asked: answers(7), next: [] },
  ])
  expect(told).toEqual([
    ['answers 0 of 0', 'answers 0 of 1'],
    ['answers 7 of 0', 'answers 7 of 1'],
  ])
})
