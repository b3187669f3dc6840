/** News questions with the passages a BM25 index offers: input of the map `ranked-offers`. */
import MiniSearch from 'minisearch'
import { allRecords, readRecords } from './records.ts'

const DEPTH = 20
const TOP_K = 10

interface Passage {
  readonly doc_id: string
  readonly title: string
  readonly text: string
  readonly source: string
}

interface Question {
  readonly query_id: string
  readonly query: string
  readonly split: string
  readonly gold_docs: readonly string[]
}

/** A passage with its place in each ordering, from 1. */
interface RankedOffer {
  readonly doc_id: string
  readonly source: string
  readonly text: string
  readonly ranks: { readonly as_ranked: number; readonly named_first: number }
}

/** A retrieval query as the map `ranked-offers` reads it. `top_k` and `source_priority` are those in force. */
export interface RankedQuery {
  readonly query_id: string
  readonly query: string
  readonly intent: string
  readonly split: string
  readonly bucket: string
  readonly top_k: number
  readonly source_priority: string
  readonly depth: number
  readonly gold_docs: readonly string[]
  readonly offers: readonly RankedOffer[]
}

/**
 * Every MultiHop-RAG question with the top 20 passages by the library's own defaults over title and text. `named_first` reorders the same 20:
 * passages of a source that the question names come first, otherwise the order stays. The recorded baseline is
 * top_k 10 as ranked, and all question types are one intent, `news`.
 */
export async function* newsOffers(dataDir: string): AsyncGenerator<RankedQuery, void, undefined> {
  const passages = await allRecords<Passage>(dataDir, 'retrieval/mhrag.corpus.jsonl.gz')
  const place = new Map(passages.map((passage, i) => [passage.doc_id, i]))
  const index = new MiniSearch<Passage>({ fields: ['title', 'text'], idField: 'doc_id' })
  index.addAll(passages)

  for await (const question of readRecords<Question>(dataDir, 'retrieval/mhrag.queries.jsonl.gz')) {
    const ranked = index
      .search(question.query)
      // Equal scores come in corpus order, whatever order the index visits its terms in.
      .sort((a, b) => b.score - a.score || place.get(a.id)! - place.get(b.id)!)
      .slice(0, DEPTH)
      .map((hit) => passages[place.get(hit.id)!]!)
    yield {
      query_id: question.query_id,
      query: question.query,
      intent: 'news',
      split: question.split,
      bucket: 'news',
      top_k: TOP_K,
      source_priority: 'as_ranked',
      depth: DEPTH,
      gold_docs: question.gold_docs,
      offers: withRanks(ranked, question.query),
    }
  }
}

function withRanks(ranked: readonly Passage[], query: string): RankedOffer[] {
  const words = query.toLowerCase()
  const isNamed = (passage: Passage) => words.includes(passage.source.toLowerCase())
  const namedFirst = [...ranked.filter(isNamed), ...ranked.filter((passage) => !isNamed(passage))]
  return ranked.map((passage, i) => ({
    doc_id: passage.doc_id,
    source: passage.source,
    text: passage.text,
    ranks: { as_ranked: i + 1, named_first: namedFirst.indexOf(passage) + 1 },
  }))
}
