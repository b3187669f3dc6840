/** What a run says, apart from its ids and clocks: copies have one content, whatever they are called. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentOf, nameContent } from '#core/experience/content.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { anOffer, approval, aRun, modelCall, said, toolCall, toolResult } from '../../support/builders.ts'

const name = fc.stringMatching(/^[a-z0-9_]{1,12}$/)

/** A run about an order, with every kind of id that a record carries. */
const talk = (question: string, over: Partial<ExperienceRun> = {}): ExperienceRun =>
  aRun('r1', {
    evidence: [anOffer('p1', { text: `${question} and its answer` }), anOffer('doc-7', { rank: 2 })],
    steps: [
      said('user', question),
      modelCall(),
      toolCall('c1', { order: '#W1' }),
      toolResult('c1', 'shipped'),
      toolCall('c2'),
      approval('c1', 20),
    ],
    ...over,
    outcome: { ...over.outcome },
  })

interface Names {
  readonly run: string
  readonly family: string
  readonly calls: readonly [string, string]
  readonly clock: number
  readonly date: string | null
}

const names: fc.Arbitrary<Names> = fc.record({
  run: name,
  family: name,
  calls: fc.uniqueArray(name, { minLength: 2, maxLength: 2 }) as unknown as fc.Arbitrary<[string, string]>,
  clock: fc.nat(9999),
  date: fc.constantFrom(null, '2025-01-01', '2026-11-30'),
})

/** The same run under other names, at another time. */
function renamed(run: ExperienceRun, { run: id, family, calls, clock, date }: Names): ExperienceRun {
  const call = (old: string | null) => (old === null ? null : old === 'c1' ? calls[0] : calls[1])
  return {
    ...run,
    run_id: id,
    trace_id: `t${id}`,
    case_id: `k${id}`,
    family_id: family,
    decision_record_id: `d${id}`,
    release_tuple_id: `rel${id}`,
    date,
    // What importers of traces write beside.
    session_id: `s${id}`,
    started_at: new Date(clock).toISOString(),
    source: { dialect: 'otel-genai', file: `${id}.jsonl`, record: `t${id}` },
    split: 'heldout',
    evidence: run.evidence.map((o) => (o.text === null ? o : { ...o, evidence_ref: `${id}-${o.evidence_ref}` })),
    steps: run.steps.map((step) => ({
      ...step,
      ...('tool_call_id' in step ? { tool_call_id: call(step.tool_call_id) } : {}),
      ...('latency_ms' in step ? { latency_ms: clock } : {}),
      ...(step.kind === 'model_call' ? { first_token_ms: clock } : {}),
      ...(step.kind === 'approval' ? { waited_ms: clock } : {}),
    })) as ExperienceRun['steps'],
    outcome: { ...run.outcome, latency_ms: clock },
  }
}

describe('the content of a run', () => {
  test('is the same under any ids, dates and clocks', () => {
    fc.assert(
      fc.property(fc.string(), names, (question, under) => {
        const run = talk(question)
        expect(contentOf(renamed(run, under))).toEqual(contentOf(run))
        expect(nameContent('k', renamed(run, under)).key).toBe(nameContent('k', run).key)
      }),
    )
  })

  test('is another one when any word differs, wherever it stands', () => {
    const of = (run: ExperienceRun) => nameContent('k', run).key
    const run = talk('where is it')
    const [question, model, call, result, ...rest] = run.steps
    const others: readonly ExperienceRun[] = [
      talk('where is it?'),
      { ...run, steps: [question!, model!, call!, { ...result!, content: 'Shipped' } as typeof result & {}, ...rest] },
      { ...run, steps: [question!, model!, toolCall('c1', { order: '#W2' }), result!, ...rest] },
      { ...run, steps: [question!, model!, result!, call!, ...rest] },
      { ...run, evidence: [{ ...run.evidence[0]!, text: 'another' }, run.evidence[1]!] },
      { ...run, evidence: [run.evidence[0]!, { ...run.evidence[1]!, evidence_ref: 'doc-8' }] },
      { ...run, outcome: { ...run.outcome, passed: false } },
      { ...run, settings: { 'evidence.orders.top_k': 3 } },
      { ...run, intent_id: 'support.status' },
    ]
    expect(new Set([run, ...others].map(of)).size).toBe(others.length + 1)
  })

  test('keeps which call a result and an approval belong to', () => {
    const steps = (to: string) => [toolCall('a'), toolCall('b'), toolResult(to, 'done')]
    expect(contentOf(aRun('r', { steps: steps('a') }))).not.toEqual(contentOf(aRun('r', { steps: steps('b') })))
  })
})

describe('the name of a content', () => {
  test('tells nothing to who does not hold the key', () => {
    expect(nameContent('k', talk('x')).key).not.toBe(nameContent('other', talk('x')).key)
  })

  test('hides a name that only the same content under the same key reveals', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (family) => {
        const content = nameContent('k', talk('x'))
        const hidden = content.hide(family)
        expect(nameContent('k', talk('x', { run_id: 'other' })).reveal(hidden)).toBe(family)
        if (family.length > 3) expect(nameContent('k', talk('y')).reveal(hidden)).not.toBe(family)
      }),
    )
  })
})
