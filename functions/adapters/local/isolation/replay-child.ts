/** The restricted side: replays baselines, searches and scores, line by line. Opens no file but its own code. */
import { Gathered, headOf, reproducedLine, reproduceLine } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import { lineScorer } from '#core/gate/score.ts'
import { SearchSide } from '#core/search/search-side.ts'
import type { Shard } from '#core/search/shard.ts'
import { searchShards } from '#core/search/sharded.ts'
import { aside, packed, type Request, type ShardedHead, type ShardsAsked } from './protocol.ts'
import { serve } from './serve.ts'

const putAside = aside()
const searched = new SearchSide(putAside)
let shard: Shard | null = null

serve<Request>((request, lines, say, tell, ask) => {
  switch (request.verb) {
    case 'reproduce':
      if (request.first) searched.clear()
      for (const line of lines) {
        const reproduced = reproduceLine(line, request.pins)
        if (request.keep) searched.keep(reproduced)
        say(JSON.stringify({ ...reproduced, case: headOf(reproduced.case) }))
      }
      return
    case 'search':
      return packed(searched.search(request.input, (result) => say(canonical(result)), { progress: tell }))
    case 'shard':
      shard = searched.shard(request)
      return
    case 'ask':
      return shard!.reply(request.question, say)
    case 'search-shards': {
      const gathered = new Gathered()
      const shardOf: number[] = []
      for (const line of lines) {
        const { shard, ...head } = JSON.parse(line) as ShardedHead
        gathered.add(reproducedLine(head))
        shardOf.push(shard)
      }
      const found = searchShards(
        { ...request.input, panel: gathered.reproduction(request.input.draw).panel },
        { shards: request.shards, shardOf: Uint8Array.from(shardOf) },
        (asked, next) => JSON.parse(ask(JSON.stringify({ asked, next } satisfies ShardsAsked))) as unknown[],
        (taken) => say(JSON.stringify(taken)),
        { aside: putAside, progress: tell },
      )
      return packed(found)
    }
    case 'score': {
      const score = lineScorer(request.run, request.change)
      for (const line of lines) say(JSON.stringify(score(line)))
    }
  }
})
