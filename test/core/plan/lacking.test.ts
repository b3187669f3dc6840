/** What a plan asks for: of a range its ends, of a list each value, of hand-written changes the whole change; never what is recorded. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookForLacking } from '#core/plan/lacking.ts'
import { slim } from '#core/replay/slim.ts'
import { isReplayable } from '#core/search/replayer.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { applyPatch } from '#core/space/scope.ts'
import type { Patch } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { aCase, aPack, aRun, aSuite, aSurface, INTENT, modelCall, offersInOrder, said } from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const PLANNER = 'planner.tool_preference'
const PROMPT = 'prompt.instruction_block'
const surfaces = [aSurface(K, { min: 1, max: 8 }), aSurface(PLANNER, { allowed: ['direct', 'mcp', 'none'] })]
const settings = { [K]: 4, [PLANNER]: 'direct', [PROMPT]: 'Be brief.' }
const pack = aPack({ settings, tunable_surfaces: surfaces })

/** A case that was served `depth` deep, and recorded for a plan under each of some other settings. */
const caseOf = (name: string, depth: number, ...planned: readonly ContextPack['settings'][]) => {
  const recorded = (run_id: string, deep: number, under: ContextPack['settings'], plan?: string) =>
    aRun(run_id, {
      case_id: name,
      family_id: name,
      settings: under,
      evidence: offersInOrder(deep),
      steps: [said('user', name), modelCall()],
      ...(plan && { plan }),
    })
  return slim(
    aCase(
      recorded(name, depth, settings),
      ...planned.map((change, i) =>
        recorded(`${name}-${i}`, Number(change[K] ?? 4), { ...settings, ...change }, `sha256:${'a'.repeat(64)}`),
      ),
    ),
  )
}

const look = (cases: ReturnType<typeof caseOf>[], changes: Patch[] = [], paths = [K, PLANNER]) => {
  const { view } = transcriptReplayer({ cases }, { baseline: settings, prices: null }, aSuite())
  const fields = tunableFields(pack, INTENT, paths)
  return {
    view,
    ...lookForLacking(
      cases.length,
      fields,
      changes.map((patch) => ({ patch })),
      settings,
      view,
    ),
  }
}

const wanted = ({ values }: ReturnType<typeof look>) =>
  Object.fromEntries(
    values.flatMap(({ patch, cases }) => Object.entries(patch).map(([path, { to }]) => [`${path} ${to}`, cases])),
  )

describe('surfaces', () => {
  test.each([
    [
      'nothing but what was served',
      [caseOf('a', 4), caseOf('b', 6)],
      { [`${K} 1`]: [], [`${K} 8`]: [0, 1], [`${PLANNER} mcp`]: [0, 1], [`${PLANNER} none`]: [0, 1] },
    ],
    [
      'one case was served as deep',
      [caseOf('a', 8), caseOf('b', 4)],
      { [`${K} 1`]: [], [`${K} 8`]: [1], [`${PLANNER} mcp`]: [0, 1], [`${PLANNER} none`]: [0, 1] },
    ],
    [
      'one is recorded for a plan',
      [caseOf('a', 4, { [K]: 8 }, { [PLANNER]: 'mcp' }), caseOf('b', 4)],
      { [`${K} 1`]: [], [`${K} 8`]: [1], [`${PLANNER} mcp`]: [1], [`${PLANNER} none`]: [0, 1] },
    ],
  ])('%s', (_, cases, says) => {
    expect(wanted(look(cases))).toEqual(says)
  })

  test('say what is recorded of every case, and of some', () => {
    expect(look([caseOf('a', 4, { [K]: 8 }), caseOf('b', 5)]).surfaces).toEqual([
      { path: K, values: 8, recorded: { all: { min: 1, max: 5 }, some: { min: 1, max: 8 } } },
      { path: PLANNER, values: 3, recorded: { all: { values: ['direct'] }, some: { values: ['direct'] } } },
    ])
  })
})

test('a hand-written change is looked at as a whole: two surfaces at once, and a prompt', () => {
  const both = { [K]: { from: 4, to: 6 }, [PLANNER]: { from: 'direct', to: 'mcp' } }
  const prompt = { [PROMPT]: { from: 'Be brief.', to: 'Be kind.' } }
  const trims = { [K]: { from: 4, to: 2 } }
  const { changes } = look(
    [caseOf('a', 4, { [K]: 8 }, { [PLANNER]: 'mcp' }), caseOf('b', 4, { [K]: 6, [PLANNER]: 'mcp' })],
    [both, prompt, trims],
  )
  expect(changes.map(({ cases }) => cases)).toEqual([[0], [0, 1], []])
})

test('whatever is recorded as asked is lacking no more, and every value between is replayed', () => {
  const depths = fc.array(fc.integer({ min: 4, max: 8 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(depths, (all) => {
      const cases = all.map((depth, i) => caseOf(`c${i}`, depth))
      const asked = look(cases, [], [K]).values.flatMap(({ patch, cases: of }) =>
        of.map((i) => [i, patch[K]!.to] as const),
      )
      const after = all.map((depth, i) =>
        caseOf(`c${i}`, depth, ...asked.flatMap(([at, to]) => (at === i ? [{ [K]: to }] : []))),
      )
      const { values, view } = look(after, [], [K])
      expect(values.every(({ cases: of }) => of.length === 0)).toBe(true)
      for (let value = 1; value <= 8; value++)
        for (const i of after.keys())
          expect(isReplayable(view.contextKey(i, applyPatch(settings, { [K]: { from: 4, to: value } })))).toBe(true)
    }),
    { numRuns: 30 },
  )
})
