/** What was recorded for a plan answers where what was served cannot, and is never a baseline. */
import { describe, expect, test } from 'vitest'
import { baselineReplay } from '#core/baseline/baseline.ts'
import { slim } from '#core/replay/slim.ts'
import { trimCase } from '#core/replay/transcript.ts'
import { isPlanned, isReplayable, SAME_AS_BASELINE } from '#core/search/replayer.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { aCase, aRun, aSuite, modelCall, offersInOrder, REFS, said } from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const PLANNER = 'planner.tool_preference'
const PLAN = `sha256:${'a'.repeat(64)}`

const recorded = (run_id: string, settings: ExperienceRun['settings'], depth: number, plan?: string) =>
  aRun(run_id, {
    case_id: 'c',
    family_id: 'f',
    settings,
    evidence: offersInOrder(depth),
    steps: [said('user', 'hello'), modelCall()],
    ...(plan === undefined ? {} : { plan }),
  })

const baseline = { [K]: 4, [PLANNER]: 'direct' }
const served = recorded('m', baseline, 4)
// Their ids sort before the served one: the order of a case says nothing of who answers.
const deep = recorded('a', { ...baseline, [K]: 8 }, 8, PLAN)
const six = recorded('b', { ...baseline, [K]: 6 }, 6, PLAN)
const planner = recorded('c', { ...baseline, [PLANNER]: 'mcp' }, 4, PLAN)

const answers = (settings: ExperienceRun['settings'], ...runs: readonly ExperienceRun[]) => {
  const found = trimCase(aCase(...runs), settings, baseline)
  return 'unreplayable' in found ? found.unreplayable : [found.recording.run_id, found.equal]
}

describe('a case with recordings that were made for a plan', () => {
  test.each([
    ['the baseline is what was served', baseline, ['m', true]],
    ['so is what trims it', { ...baseline, [K]: 3 }, ['m', false]],
    ['a deeper top_k is answered by what was recorded deeper', { ...baseline, [K]: 8 }, ['a', true]],
    ['the very settings come before a deeper recording', { ...baseline, [K]: 6 }, ['b', true]],
    ['between them, the first that reaches is trimmed', { ...baseline, [K]: 7 }, ['a', false]],
    ['another planner', { ...baseline, [PLANNER]: 'mcp' }, ['c', true]],
  ])('%s', (_, settings, who) => {
    expect(answers(settings, served, deep, six, planner)).toEqual(who)
  })

  test('what nobody recorded stays unreplayable, for the reason of what was served', () => {
    expect(answers({ ...baseline, [K]: 9 }, served, deep)).toBe(
      'evidence.orders.top_k 9 is beyond the 4 that were offered',
    )
    expect(answers({ ...baseline, [PLANNER]: 'mcp', [K]: 8 }, served, deep, planner)).toMatch(
      'no recording under planner',
    )
  })

  test('reproduces by what was served, and by nothing else', () => {
    const pins = { tuple: REFS, settings: baseline, suite: aSuite(), prices: null }
    expect(baselineReplay(aCase(served, deep, planner), pins)).toMatchObject({ measures: { utility_passed: true } })
    expect(baselineReplay(aCase(recorded('a', baseline, 4, PLAN)), pins)).toMatchObject({ excluded: 'unreplayable' })
  })

  test('tells by its key that such a recording answers', () => {
    const { view } = transcriptReplayer({ cases: [slim(aCase(served, deep))] }, { baseline, prices: null }, aSuite())
    const key = (topK: number) => view.contextKey(0, { ...baseline, [K]: topK })
    expect([key(4), isPlanned(key(3)), isPlanned(key(8)), isReplayable(key(9))]).toEqual([
      SAME_AS_BASELINE,
      false,
      true,
      false,
    ])
  })
})
