/** Whose context an action reads: parallel calls share one, a sub-agent has its own. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { ReplayCase } from '#schemas/replay-case.ts'
import { anOffer, aRun, modelCall, retrieval, said, toolCall, toolResult } from '../../support/builders.ts'

const replayed = (run: ExperienceRun, settings: Settings = {}): Replayed => {
  const result = replayTranscript(compileCase([run]), settings)
  if ('unreplayable' in result) throw new Error(result.unreplayable)
  return result
}
const lost = (run: ExperienceRun, settings: Settings): string[] => {
  const { ungrounded, trimmed } = replayed(run, settings)
  return ungrounded.map((need) => trimmed.recording.needs.name[need]!)
}
const filler = (tokens: number) => 'x'.repeat(tokens * 4)

describe('parallel calls', () => {
  const run = (from: number | undefined) =>
    aRun('r', {
      settings: {},
      steps: [
        said('user', 'cancel ORD-77 and tell me of ORD-88'),
        modelCall(),
        toolCall('a', { order: 'ORD-77' }, from === undefined ? {} : { from_call: from }),
        toolResult('a', 'credit CRN-901'),
        modelCall(),
        toolCall('b', { credit: 'CRN-901' }, from === undefined ? {} : { from_call: from }),
        toolResult('b', 'none'),
      ],
    })

  test('of one model call share what stood before it, wherever their results stand', () => {
    expect(replayed(run(undefined)).trimmed.recording.never_grounded).toBe(0)
    expect(replayed(run(0)).trimmed.recording.never_grounded).toBe(1)
  })

  test('name a call that stands before them', () => {
    const parsed = ExperienceRun.safeParse({ ...run(0), steps: [toolCall('a', {}, { from_call: 0 }), modelCall()] })
    expect(parsed.error?.issues[0]).toMatchObject({
      path: ['steps', 0, 'from_call'],
      message: 'only 0 model calls stand before it',
    })
  })
})

describe('a sub-agent', () => {
  const agent = 'billing'
  const handoff = (text: string) =>
    aRun('r', {
      settings: {},
      steps: [
        said('user', 'my invoice INV-4411 is wrong'),
        modelCall(),
        toolCall('read', { invoice: 'INV-4411' }),
        toolResult('read', `account ACC-9 ${filler(96)}`, 100),
        modelCall(),
        toolCall('billing', {}),
        { ...said('user', text), agent },
        modelCall({ agent }),
        toolCall('fetch', {}, { agent }),
        toolResult('fetch', `credit CRN-55 ${filler(96)}`, 100),
        modelCall({ agent }),
        toolCall('book', { credit: 'CRN-55', account: 'ACC-9' }, { agent }),
      ],
    })

  test('reads its own context alone', () => {
    const { needs, never_grounded } = replayed(handoff('correct it')).trimmed.recording
    expect(needs.name).toEqual(['invoice', 'credit'])
    expect(never_grounded).toBe(1)
    expect(replayed(handoff('correct it for ACC-9')).trimmed.recording.never_grounded).toBe(0)
  })

  test('has a budget of its own: what another agent read fills none of it', () => {
    const run = handoff('correct it for ACC-9')
    expect(lost(run, { 'budget.tool_tokens': 100 })).toEqual([])
    expect(replayed(run, { 'budget.tool_tokens': 100 }).tokens).toBe(replayed(run).tokens)
    expect(lost(run, { 'budget.tool_tokens': 1 })).toEqual(['credit'])
  })

  test('pays for its own passages alone', () => {
    const run = aRun('r', {
      settings: {},
      evidence: [anOffer('a'), anOffer('b', { bucket: 'bills', text: 'CRN-55' })],
      offers: { orders: { depth: 5, exhausted: true }, bills: { depth: 5, exhausted: true } },
      steps: [
        retrieval(1, null),
        modelCall({ prompt_tokens: 500 }),
        { ...retrieval(1, null, 'bills'), agent },
        modelCall({ prompt_tokens: 300, agent }),
        toolCall('book', { credit: 'CRN-55' }, { agent }),
        toolCall('tell', { credit: 'CRN-55' }),
      ],
    })
    expect(replayed(run).trimmed.recording).toMatchObject({
      evidence: { agents: [[null], [agent]] },
      never_grounded: 1,
    })
    expect(replayed(run, { 'evidence.bills.top_k': 0 })).toMatchObject({ tokens: 700, ungrounded: [0] })
    expect(replayed(run, { 'evidence.orders.top_k': 0 })).toMatchObject({ tokens: 700, ungrounded: [] })
  })

  test('compiles to what the contract of a case says', () => {
    const compiled = compileCase([handoff('x')])
    expect(ReplayCase.parse(compiled)).toEqual(compiled)
  })
})

test('a run that names the root everywhere replays as one that names nobody', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ tool: fc.boolean(), tokens: fc.integer({ min: 1, max: 40 }) }), { maxLength: 6 }),
      fc.integer({ min: 0, max: 200 }),
      (items, budget) => {
        const steps = (agent: { agent?: null }): ExperienceRun['steps'] => [
          ...items.flatMap(({ tool, tokens }, i): ExperienceRun['steps'] =>
            tool
              ? [
                  { ...toolCall(`t${i}`), ...agent },
                  { ...toolResult(`t${i}`, `VALUE${i}`, tokens), ...agent },
                ]
              : [{ ...said('user', `VALUE${i}`, tokens), ...agent }],
          ),
          { ...modelCall(), ...agent },
          { ...toolCall('last', Object.fromEntries(items.map((_, i) => [`v${i}`, `VALUE${i}`]))), ...agent },
        ]
        const settings = { 'budget.tool_tokens': budget, 'budget.memory_tokens': budget }
        const [named, unnamed] = [{ agent: null }, {}].map((agent) =>
          replayed(aRun('r', { settings: {}, steps: steps(agent) }), settings),
        )
        expect(named!.ungrounded).toEqual(unnamed!.ungrounded)
        expect(named!.tokens).toBe(unnamed!.tokens)
        expect(named!.trimmed.rendered.shape).toEqual(unnamed!.trimmed.rendered.shape)
      },
    ),
  )
})
