/** The joins of examples/real/prepare on a synthetic data folder. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { customerRecords } from '../../../examples/real/prepare/customer-records.ts'
import { gatedWrites } from '../../../examples/real/prepare/gated-writes.ts'
import { newsOffers } from '../../../examples/real/prepare/news-offers.ts'
import { nanToNull, smartgridRuns } from '../../../examples/real/prepare/smartgrid-runs.ts'
import { Folder, jsonl } from './support.ts'

class DataFolder extends Folder {
  put(name: string, content: string | readonly unknown[]): this {
    mkdirSync(dirname(join(this.path, name)), { recursive: true })
    this.write(name, gzipSync(typeof content === 'string' ? content : jsonl(content)))
    return this
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('newsOffers', () => {
  test('ranks twenty passages, and puts those of a named source first in the second ordering', async () => {
    const passage = (i: number, source: string, text: string) => ({
      doc_id: `d${i}`,
      title: `Title ${i}`,
      text,
      source,
    })
    const corpus = Array.from({ length: 30 }, (_, i) =>
      passage(i, i % 3 === 0 ? 'The Verge' : 'Wired', 'solar power grows'),
    )
    using data = new DataFolder()
    data.put('retrieval/mhrag.corpus.jsonl.gz', corpus)
    data.put('retrieval/mhrag.queries.jsonl.gz', [
      { query_id: 'q1', query: 'Did the verge say solar power grows?', split: 'search', gold_docs: ['d3'] },
      { query_id: 'q2', query: 'Solar power?', split: 'test', gold_docs: [] },
    ])
    const [named, unnamed] = await all(newsOffers(data.path))
    // Equal scores: corpus order. The Verge has d0, d3, ... d18 among the first twenty.
    expect(named!.offers.map((o) => o.doc_id)).toEqual(corpus.slice(0, 20).map((p) => p.doc_id))
    expect(named!.offers.map((o) => o.ranks.as_ranked)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    const first = [...named!.offers].sort((a, b) => a.ranks.named_first - b.ranks.named_first)
    expect(first.slice(0, 9).map((o) => o.doc_id)).toEqual(['d0', 'd3', 'd6', 'd9', 'd12', 'd15', 'd18', 'd1', 'd2'])
    expect(unnamed!.offers.every((o) => o.ranks.as_ranked === o.ranks.named_first)).toBe(true)
    expect(named).toMatchObject({ intent: 'news', bucket: 'news', top_k: 10, source_priority: 'as_ranked', depth: 20 })
  })
})

describe('smartgridRuns', () => {
  test('NaN becomes null, except where a text speaks of it', async () => {
    using data = new DataFolder()
    data.put('smartgrid/runs.jsonl.gz', '{"unit":NaN,"text":"a \\"NaN\\" here: NaN","list":[NaN,1]}\n')
    expect(await all(smartgridRuns(data.path))).toEqual([{ unit: null, text: 'a "NaN" here: NaN', list: [null, 1] }])
    expect(nanToNull('{"NaN":1}')).toBe('{"NaN":1}')
  })

  test('fails on another kind of broken line, naming it', async () => {
    using data = new DataFolder()
    data.put('smartgrid/runs.jsonl.gz', '{}\n{"a":undefined}\n')
    await expect(all(smartgridRuns(data.path))).rejects.toThrow(/smartgrid\/runs\.jsonl\.gz:2: not JSON/)
  })
})

describe('customerRecords', () => {
  const request = (history: readonly string[]) => ({
    query_id: 's1',
    domain: 'retail',
    customer_id: 'ann',
    history,
    gold_by_source: { order_history: ['#W2'], user_profile: ['profile:ann'] },
  })
  const record = (doc_id: string, source = 'order_history', customer_id = 'ann') => ({ doc_id, source, customer_id })

  test('joins the history in the customer’s order', async () => {
    using data = new DataFolder()
    data.put('support/evidence.jsonl.gz', [record('#W2'), record('profile:ann', 'user_profile'), record('#W1')])
    data.put('support/queries.jsonl.gz', [request(['#W1', '#W2']), { ...request([]), domain: 'airline' }])
    const requests = await all(customerRecords(data.path, 'retail'))
    expect(requests).toMatchObject([{ records: [{ doc_id: '#W1' }, { doc_id: '#W2' }], gold_docs: ['#W2'] }])
  })

  test.each([[[]], [[record('#W1', 'order_history', 'bob')]]])(
    'fails on a history that the store lacks',
    async (store) => {
      using data = new DataFolder()
      data.put('support/evidence.jsonl.gz', store).put('support/queries.jsonl.gz', [request(['#W1'])])
      await expect(all(customerRecords(data.path, 'retail'))).rejects.toThrow(
        'no order_history record "#W1" of customer',
      )
    },
  )
})

describe('gatedWrites', () => {
  test('joins writes to their conversation, leaves the messages out, and names the domain by its file', async () => {
    using data = new DataFolder()
    data.put('traces/retail.jsonl.gz', [{ trace_id: 't1', domain: 'retail', messages: [1] }])
    data.put('traces/airline.jsonl.gz', [{ trace_id: 't2', domain: 'airline_variant', messages: [] }])
    data.put('traces/writes.jsonl.gz', [
      { trace_id: 't2', tool: 'a' },
      { trace_id: 't2', tool: 'b' },
    ])
    expect(await all(gatedWrites(data.path))).toEqual([
      { trace_id: 't1', domain: 'retail', writes: [] },
      {
        trace_id: 't2',
        domain: 'airline',
        writes: [
          { trace_id: 't2', tool: 'a' },
          { trace_id: 't2', tool: 'b' },
        ],
      },
    ])
  })
})
