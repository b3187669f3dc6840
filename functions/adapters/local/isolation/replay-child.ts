/** The restricted side: replays baselines, searches and scores, line by line. Opens no file but its own code. */
import { Gathered, headOf, reproducedLine, reproduceLine } from '#core/baseline/reproduce.ts'
import { ByteList } from '#core/bytes/byte-list.ts'
import { small } from '#core/bytes/columns.ts'
import { canonical } from '#core/canonical.ts'
import {
  askedNow,
  asksElsewhere,
  judging,
  type VerdictAnswer,
  type VerdictQuestion,
  VerdictTable,
} from '#core/evaluate/asked.ts'
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import { lineScorer } from '#core/gate/score.ts'
import type { SearchResult } from '#core/search/search-result.ts'
import { SearchSide } from '#core/search/search-side.ts'
import type { Shard } from '#core/search/shard.ts'
import { searchShards } from '#core/search/sharded.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { aside, measureLines, type Request, type ShardedHead, type ShardsAsked, told } from './protocol.ts'
import { serve } from './serve.ts'

const putAside = aside()
/** What evaluators answered that are asked elsewhere. */
const verdicts = new VerdictTable()
const searched = new SearchSide(putAside)
let shard: Shard | null = null
let found: SearchResult | null = null

serve<Request>((request, lines, say, tell, ask) => {
  /** Asks the program, which this process has no other way to; the lines of the request have been read. */
  const asked = <T>(judged: Generator<VerdictQuestion, T, readonly VerdictAnswer[]>): T =>
    askedNow(judged, (question) => JSON.parse(ask(JSON.stringify(question))) as VerdictAnswer[])
  /** Works on the lines one by one or, where an evaluator has to be asked elsewhere, on all of them at once. */
  function* eachLine<T>(suite: EvaluatorSuite, work: (line: string) => T): Generator<T> {
    if (!asksElsewhere(suite)) for (const line of lines) yield work(line)
    else {
      const all = [...lines]
      yield* asked(judging(verdicts, () => all.map(work)))
    }
  }
  switch (request.verb) {
    case 'reproduce': {
      const { pins, keep, first } = request
      if (first) searched.clear()
      const records = new SearchRecords(pins.settings, pins.suite)
      const looked = (line: string) => {
        const reproduced = reproduceLine(line, pins)
        return keep ? { ...reproduced, looked: records.look(reproduced.case) } : reproduced
      }
      for (const reproduced of eachLine(pins.suite, looked)) {
        if (keep) searched.keep(reproduced, keep === 'shard')
        say(JSON.stringify({ ...reproduced, case: headOf(reproduced.case) }))
      }
      return
    }
    case 'search':
      found = asked(searched.search(request.input, (result) => say(canonical(result)), { progress: tell }))
      return told(found)
    case 'first-measures':
      for (const line of measureLines(found!.firstMeasures)) say(line)
      return
    case 'shard':
      shard = searched.shard(request)
      return searched.hasPlanned
    case 'ask':
      return asked(shard!.reply(request.question, say))
    case 'search-shards': {
      const gathered = new Gathered(putAside)
      const shardOf = new ByteList(small)
      for (const line of lines) {
        const { shard, ...head } = JSON.parse(line) as ShardedHead
        gathered.add(reproducedLine(head))
        shardOf.add(shard)
      }
      found = searchShards(
        { ...request.input, panel: gathered.reproduction(request.input.draw).panel },
        { shards: request.shards, hasPlanned: request.hasPlanned, shardOf: Uint8Array.from(shardOf) },
        (asked, next) => JSON.parse(ask(JSON.stringify({ asked, next } satisfies ShardsAsked))) as unknown[],
        (taken) => say(JSON.stringify(taken)),
        { aside: putAside, progress: tell },
      )
      return told(found)
    }
    case 'score': {
      const score = lineScorer(request.run, request.changes)
      for (const scored of eachLine(request.run.evaluator_suite, score)) say(JSON.stringify(scored))
    }
  }
})
