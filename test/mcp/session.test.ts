/** A whole session of a scripted agent with the proposer's server, up to a candidate that a run then certifies. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CaseRow, CaseTold, TargetTold, TriedChange } from '#schemas/agent.ts'
import type { InboxAnswer } from '#schemas/inbox.ts'
import { placeOfEachTest, ready } from '../cli/command-line.ts'
import { aWorld } from '../support/builders.ts'
import { mcpClient } from '../support/mcp-client.ts'
import { namesIn, sealedNames, textOf } from '../support/sealed-names.ts'

const place = placeOfEachTest()
const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] })

interface Proposed {
  readonly how: string
  readonly n: number
  readonly proposals: { readonly budget: number; readonly spent: number }
  readonly answer: InboxAnswer
}

test('reads, proposes, learns from the guardrail that failed, and ends with a change that is certified; no sealed id is said', async () => {
  const { target } = await ready(place, world)
  const agent = await mcpClient('proposer', place.store, target)

  const { surfaces, metric, proposals } = await agent.told<TargetTold & Pick<Proposed, 'proposals'>>('list_surfaces')
  expect(proposals).toMatchObject({ budget: 200, spent: 0 })
  const knob = surfaces.find((s) => s.in_search_space && s.layer === 'retrieval')!
  expect([metric, knob.path, knob.baseline]).toEqual(['economics_tokens_per_decision', 'evidence.orders.top_k', 4])

  // Every case, a page at a time: how deep lies what was needed?
  const cases: CaseRow[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: { cases: CaseRow[]; next: string | null } = await agent.told('list_search_cases', {
      ...(after !== '' && { after }),
      limit: 3,
    })
    cases.push(...page.cases)
    after = page.next
  }
  expect(cases).toHaveLength(7)
  let deepest = 0
  for (const { case_id } of cases) {
    const { runs } = await agent.told<CaseTold>('read_search_case', { case_id })
    for (const { evidence } of runs)
      for (const { required, ranks } of evidence) if (required) deepest = Math.max(deepest, ranks.as_ranked!)
  }

  // It tries what is cheapest first, and reads why that is refused.
  const propose = (to: unknown) =>
    agent.told<Proposed>('propose_patch', {
      patch: { [knob.path]: to },
      rationale: 'cheaper',
      origin: 'scripted',
      prediction: { metric, by: -150, cases: null },
    })
  const cheapest = await propose(2)
  expect(cheapest.answer).toMatchObject({ fate: 'search_guardrail', failed: ['policy'], survives: false })
  expect(cheapest.answer.examples[0]).toMatchObject({ guardrail: 'policy', case_id: 'x0' })
  const out = await propose(99)
  expect(out.answer).toMatchObject({ fate: null, problems: [expect.stringContaining('99 is outside 1..5')] })
  const good = await propose(deepest)
  expect(good).toMatchObject({
    how: 'looked',
    n: 3,
    answer: { survives: true, metric: { delta: -100 }, happened: { by: -100, cases: 7 } },
  })
  expect(await propose(deepest)).toMatchObject({ how: 'memory', n: 3, proposals: { spent: 3 } })

  const { tried } = await agent.told<{ tried: TriedChange[] }>('history', { path: knob.path })
  expect(tried.map(({ of, fate }) => [of.replace(/^.* no/, 'no'), fate])).toEqual([
    ['no. 3', 'committed'],
    ['no. 2', null],
    ['no. 1', 'search_guardrail'],
  ])
  expect(await agent.told('dead_ends')).toEqual({ dead_ends: [], next: null, other_baselines: null })
  expect(await agent.close()).toBe(0)

  // A person takes it from there.
  const file = join(place.dir, 'candidates.jsonl')
  expect((await place.at('history', '--target', target, '--changes', file)).out).toMatch(
    ': 1 change that the search side',
  )
  expect(JSON.parse(textOf(file))).toMatchObject({ patch: { [knob.path]: deepest }, origin: 'scripted' })
  const sealed = await sealedNames(join(place.store, 'vault'))
  const { code, out: printed } = await place.at('run', '--target', target, '--candidates', file)
  expect([code, printed]).toEqual([0, expect.stringContaining('CERTIFIED')])

  expect(sealed.size).toBeGreaterThan(100)
  expect(namesIn(agent.transcript(), sealed)).toEqual([])
  expect(namesIn(agent.transcript(), new Set(['x0']))).toEqual(['x0'])
  for (const line of agent.transcript().split('\n')) expect(JSON.parse(line).jsonrpc).toBe('2.0')
})
