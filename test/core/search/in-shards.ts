/** A search over shards in one process: what is asked and told passes as text, as it does between processes. */
import { canonical } from '#core/canonical.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import type { SearchResult } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { Shard } from '#core/search/shard.ts'
import type { ShardQuestion } from '#core/search/shard-question.ts'
import { searchShards } from '#core/search/sharded.ts'

/** The result, and the lines on record. `shardOf`: the shard of each case, in panel order. */
export function inShards(
  input: SearchInput<SlimCase>,
  shardOf: readonly number[],
  block?: number,
): { readonly found: SearchResult; readonly lines: readonly string[] } {
  const cases = [...input.panel.cases]
  const shards = Math.max(...shardOf) + 1
  const held = Array.from(
    { length: shards },
    (_, shard) =>
      new Shard(
        cases.filter((_, i) => shardOf[i] === shard),
        input.pins,
        input.suite,
      ),
  )
  const told: string[][] = held.map(() => [])
  const lines: string[] = []
  const { panel, ...rest } = input
  const heads = cases.map(({ case_id, family_id, digest, floors }) => ({
    case_id,
    family_id,
    digest,
    ...(floors !== undefined && { floors }),
  }))
  const found = searchShards(
    { ...rest, panel: { ...panel, cases: heads } },
    {
      shards,
      hasPlanned: cases.some(({ recordings }) => recordings.some(({ plan }) => plan !== undefined)),
      shardOf: Uint8Array.from(shardOf),
    },
    (asked) =>
      asked.map(([shard, question]) => {
        told[shard] = []
        const step = held[shard]!.reply(JSON.parse(JSON.stringify(question)) as ShardQuestion, (line) => {
          told[shard]!.push(line)
        }).next()
        const reply = step.value
        return JSON.parse(JSON.stringify(reply)) as unknown
      }),
    ({ candidate_id, of }) => {
      for (const [shard, count] of of)
        for (const line of told[shard]!.splice(0, count))
          lines.push(canonical({ candidate_id, ...(JSON.parse(line) as object) }))
    },
    block === undefined ? {} : { block },
  )
  return { found, lines }
}
