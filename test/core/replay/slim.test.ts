/** Slim cases replay as whole ones do, and share what is equal. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { panelOf } from '#core/baseline/reproduce.ts'
import { Records } from '#core/bytes/records.ts'
import { canonical } from '#core/canonical.ts'
import { assembleCase, compileCase, compileRun } from '#core/replay/compile.ts'
import { SharedText, SharedValues, type SlimCase, slim } from '#core/replay/slim.ts'
import type { Replayed } from '#core/replay/transcript.ts'
import { SAME_AS_BASELINE } from '#core/search/replayer.ts'
import { SearchCases } from '#core/search/search-cases.ts'
import { SHARD_BLOCK } from '#core/search/shard-question.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { refundRuns } from '../../../functions/demo/generate.ts'
import suite from '../../../functions/demo/suite.json' with { type: 'json' }

const runs = [...refundRuns({ families: 40 })]
const cases = runs.map((run) => compileCase([run]))
const { settings } = runs[0]!
const pins = { baseline: settings, prices: null }
const tried = [
  settings,
  { ...settings, 'evidence.order_history.top_k': 3, 'budget.tool_tokens': 200 },
  { ...settings, 'evidence.order_history.max_hops': 1, 'approval.refund.threshold': 50_000 },
]

describe('a slim case', () => {
  test('gives the same answers as the whole one', () => {
    const answers = (some: readonly SlimCase[]) => {
      const baseline = some.map(() => ({}) as never)
      const { view, answer } = transcriptReplayer(
        panelOf(some.map((c, i) => ({ case: c, baseline: baseline[i]! }))),
        pins,
        EvaluatorSuite.parse(suite),
      )
      const indices = some.map((_, i) => i)
      return tried.map((s) => ({
        rendered: indices.flatMap((i) => view.sideBySide([s])(i)),
        keys: indices.map((i) => view.contextKey(i, s)),
        answers: answer({ candidate_id: 'c', settings: s, cases: indices }),
      }))
    }
    const values = new SharedValues()
    const asSlim = (c: ReplayCase) => ({ ...c, recordings: c.recordings.map((r) => ({ ...r, decided: '' })) })
    const whole = answers(structuredClone(cases).map(asSlim))
    expect(answers(cases.map((c) => slim(structuredClone(c))))).toEqual(whole)
    expect(answers(cases.map((c) => values.share(slim(structuredClone(c)))))).toEqual(whole)
    const texts = new SharedText()
    const lines = cases.map((c) => texts.write(slim(structuredClone(c))))
    expect(answers(lines.map((line) => texts.read(line)))).toEqual(whole)
    expect(new Set(whole[1]!.keys).size).toBeGreaterThan(10)
    expect(whole[2]!.rendered.flatMap((r) => r.amounts).length).toBeGreaterThan(0)
  })

  test('is told from its baseline also when it was read again from where it was put aside', () => {
    const aside = new SearchCases(new Records(), 0)
    for (let i = 0; i <= SHARD_BLOCK; i++) aside.add(structuredClone(cases[i % cases.length]!))
    const panel = { ...panelOf(cases.map((c) => ({ case: slim(c), baseline: {} as never }))), cases: aside }
    const { view } = transcriptReplayer(panel, pins, EvaluatorSuite.parse(suite))
    const beyond = { ...settings, 'planner.tool_preference': 'never recorded' }
    expect(view.contextKey(0, settings)).toBe(SAME_AS_BASELINE)
    expect(view.contextKey(SHARD_BLOCK, beyond)).toMatch(/^unreplayable/)
    expect(view.contextKey(0, settings)).toBe(SAME_AS_BASELINE)
  })

  test('as text is the same value again, also where earlier cases had its columns', () => {
    const texts = new SharedText()
    const slimmed = [...cases, ...cases].map((c) => slim(structuredClone(c)))
    const lines = slimmed.map((c) => texts.write(c))
    expect(lines.map((line) => texts.read(line))).toEqual(JSON.parse(JSON.stringify(slimmed)))
    const [first, again] = [lines.slice(0, cases.length).join(''), lines.slice(cases.length).join('')]
    expect(again.length).toBeLessThan(first.length / 2)
  })

  test('as text may hold whatever JSON does: a number, a null and a column in brackets stay what they are', () => {
    const [one] = cases.map((c) => slim(structuredClone(c)))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(fc.integer()), fc.constantFrom(null, 0, 1, 'x'))), (drawn) => {
        const texts = new SharedText()
        const some = drawn.map(([column, label]) => {
          const r = { ...one!.recordings[0]!, pack_version: label, gates: [JSON.stringify(column)] }
          return {
            ...one!,
            recordings: [{ ...r, tools: { step: column, tokens: [column.length] } }],
          } as unknown as SlimCase
        })
        const lines = some.map((c) => texts.write(c))
        expect(lines.map((line) => texts.read(line))).toEqual(some)
      }),
    )
  })

  test('has nothing that only the proof of its baseline read: an evaluator that reads it does not compile', () => {
    const [recording] = slim(cases[0]!).recordings
    // @ts-expect-error what was recorded is gone
    expect(recording!.recorded).toBeUndefined()
    // @ts-expect-error and so are the arguments
    expect(recording!.actions.arguments).toBeUndefined()
    const judged = (replayed: Replayed) =>
      // @ts-expect-error evaluators are handed no more than that, of a sealed case neither
      replayed.trimmed.recording.recorded
    expect(judged).toBeInstanceOf(Function)
  })

  test('still tells whether two of its recordings were decided alike', () => {
    const [run] = runs
    const decided = (outputs: unknown) => {
      const other = { ...run!, run_id: 'other', outcome: { ...run!.outcome, outputs } } as ExperienceRun
      const [a, b] = slim(compileCase([run!, other])).recordings
      return a!.decided === b!.decided
    }
    expect([decided(run!.outcome.outputs), decided({ decided: 'otherwise' })]).toEqual([true, false])
  })

  test('shares the settings table and every column that repeats', () => {
    const values = new SharedValues()
    const [a, b] = cases.slice(0, 2).map((c) => values.share(slim(structuredClone(c))).recordings[0]!)
    expect(a!.settings).toBe(b!.settings)
    expect(a!.calls.model).toBe(b!.calls.model)
  })
})

test('the line of a case is its canonical JSON, whatever its id', () => {
  for (const case_id of ['plain', 'with "quotes" and \\', 'ünï\u2028', '"digest":"sha256:']) {
    const compiled = assembleCase([
      compileRun({ ...runs[0]!, case_id }, cases[0]!.recordings[0]!.recorded),
      compileRun({ ...runs[1]!, case_id, family_id: runs[0]!.family_id }, cases[1]!.recordings[0]!.recorded),
    ])
    expect(compiled.line).toBe(canonical(compiled.case))
  }
})
