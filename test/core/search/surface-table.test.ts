/** Rows of surfaces agree with a replay of every case at every value. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { harnessView } from '#core/search/harness-replayer.ts'
import { type CaseView, SAME_AS_BASELINE } from '#core/search/replayer.ts'
import { type SurfaceRow, surfaceTable } from '#core/search/surface-table.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { aFamily, aPack, approval, aRun, aSuite, INTENT, modelCall, said, toolCall } from '../../support/builders.ts'
import { searchPanel } from './panel.ts'

const K = 'evidence.orders.top_k'
const GATE = 'approval.refund.threshold'
const shared = { intents: [INTENT], owner: 'o' }
const topK = (min: number, max: number) =>
  ({ layer: 'retrieval', field: 'top_k', path: K, bounds: { min, max }, ...shared }) as const

function lookAt(runs: readonly ExperienceRun[], pack: ContextPack) {
  const suite = aSuite()
  const panel = searchPanel(runs, pack, suite)
  const fields = tunableFields(pack, INTENT, Object.keys(pack.settings))
  return { panel, fields, replayer: transcriptReplayer(panel, { baseline: pack.settings, prices: null }, suite), pack }
}

function rowsOf({ panel, fields, replayer, pack }: ReturnType<typeof lookAt>, view: CaseView = replayer.view) {
  const asking = surfaceTable(fields, panel, pack.settings, view)
  for (let step = asking.next(); ; step = asking.next(replayer.answer(step.value))) if (step.done) return step.value
}

const offered = (depth: number, exhausted: boolean) => ({ over: { offers: { orders: { depth, exhausted } } } })

describe('a surface', () => {
  test('has the cases that it changes, and the range that all and some of the records speak about', () => {
    const pack = aPack({ tunable_surfaces: [topK(1, 6)] })
    const runs = [
      aFamily('a', { side: 'search', gold: 2, ...offered(5, true) }),
      aFamily('b', { side: 'search', ...offered(5, false) }),
    ]
    expect(rowsOf(lookAt(runs, pack))).toEqual<SurfaceRow[]>([
      {
        path: K,
        layer: 'retrieval',
        baseline: 4,
        values: 6,
        looked_at: [1, 6, 2, 3, 5],
        cases: 2,
        contexts: 2,
        approvals: 0,
        decisions: 1,
        replayable: { all: { min: 1, max: 5 }, some: { min: 1, max: 6 } },
        inert: false,
      },
    ])
  })

  test('that changes nothing anywhere is inert, and one that nobody can replay is not called so', () => {
    const surfaces: ContextPack['tunable_surfaces'] = [
      {
        layer: 'context_budget',
        field: 'tool_tokens',
        path: 'budget.tool_tokens',
        bounds: { min: 100, max: 300, step: 100 },
        ...shared,
      },
      {
        layer: 'planner',
        field: 'tool_preference',
        path: 'planner.tool_preference',
        bounds: { allowed: ['direct', 'mcp'] },
        ...shared,
      },
    ]
    const settings = { 'budget.tool_tokens': 300, 'planner.tool_preference': 'direct' }
    const pack = aPack({ settings, tunable_surfaces: surfaces })
    const runs = ['a', 'b'].map((name) => aFamily(name, { side: 'search', over: { settings } }))
    const [budget, planner] = rowsOf(lookAt(runs, pack))
    expect(budget).toMatchObject({ contexts: 0, decisions: 0, inert: true })
    expect(budget!.replayable.all).toEqual({ min: 100, max: 300 })
    expect(planner).toMatchObject({ contexts: 0, inert: false })
    expect(planner!.replayable).toEqual({ all: { values: ['direct'] }, some: { values: ['direct'] } })
  })

  test('of an approval gate changes approvals and no context', () => {
    const settings = { [GATE]: 100 }
    const pack = aPack({
      settings,
      tunable_surfaces: [
        {
          layer: 'approval_gate',
          field: 'threshold',
          path: GATE,
          bounds: { min: 100, max: 300, step: 100 },
          ...shared,
        },
      ],
    })
    const asks = (name: string, amount: number) =>
      aRun(name, {
        settings,
        steps: [
          said('user', 'refund'),
          modelCall(),
          toolCall('t', {}, { writes: true, confirmed: true }),
          approval('t', amount, { asked: amount >= 100, granted: true }),
        ],
      })
    const [row] = rowsOf(lookAt([asks('a', 150), asks('b', 900)], pack))
    expect(row).toMatchObject({ contexts: 0, approvals: 1, decisions: 0, inert: false })
  })

  test('of a prompt, and any under a harness of the user’s own, is not measured: null, never 0', () => {
    const pack = aPack()
    const look = lookAt([aFamily('a', { side: 'search' }), aFamily('b', { side: 'search' })], pack)
    const [row] = rowsOf(look, harnessView({ baseline: pack.settings, prices: null }))
    expect(row).toMatchObject({ contexts: null, approvals: null, decisions: null, inert: false })
    expect(row!.replayable).toEqual({ all: null, some: null })
  })
})

test('counts and ranges are those of every value of every case', () => {
  const rank = fc.integer({ min: 1, max: 5 })
  const family = fc.record({ gold: rank, depth: fc.integer({ min: 4, max: 7 }), exhausted: fc.boolean() })
  const bounds = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 4, max: 6 })).filter(([a, b]) => b - a < 6)
  fc.assert(
    fc.property(fc.array(family, { minLength: 1, maxLength: 6 }), bounds, (families, [min, max]) => {
      const pack = aPack({ tunable_surfaces: [topK(min, max)] })
      const look = lookAt(
        families.map(({ gold, depth, exhausted }, i) =>
          aFamily(`s${i}`, { side: 'search', gold, ...offered(depth, exhausted) }),
        ),
        pack,
      )
      const { panel, replayer } = look
      const values = Array.from({ length: max - min + 1 }, (_, i) => min + i)
      const at = (i: number, v: number) => {
        const settings = { [K]: v }
        const [rendered] = replayer.view.sideBySide([settings])(i)
        if ('unreplayable' in rendered!.measures) return null
        if (replayer.view.contextKey(i, settings) === SAME_AS_BASELINE) return { context: false, decision: false }
        const [answer] = replayer.answer({ candidate_id: '', settings, cases: [i] })
        const flips = answer!.measures.utility_passed !== panel.baseline.at(i)!.utility_passed
        return { context: true, decision: answer!.decisionChanged || flips }
      }
      const cases = Array.from({ length: panel.cases.length }, (_, i) => values.map((v) => at(i, v)))
      const speak = (all: boolean) =>
        values.filter((_, v) => (all ? cases.every((c) => c[v] !== null) : cases.some((c) => c[v] !== null)))
      const ends = (list: number[]) => ({ min: list[0]!, max: list.at(-1)! })
      const [row] = rowsOf(look)
      expect(row!.contexts ?? 0).toBe(cases.filter((c) => c.some((s) => s?.context)).length)
      expect(row!.decisions ?? 0).toBe(cases.filter((c) => c.some((s) => s?.decision)).length)
      if (min < max) expect(row!.replayable).toEqual({ all: ends(speak(true)), some: ends(speak(false)) })
    }),
    { numRuns: 150 },
  )
})
