/** Budgets over tool output and dialogue, and what recorded actions can still read under them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ungroundedFindings } from '#core/evaluate/checks/lost-outcome.ts'
import { compileCase } from '#core/replay/compile.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { anOffer, aRun, modelCall, said, toolCall, toolResult } from '../../support/builders.ts'

const replayed = (run: ExperienceRun, settings: Settings): Replayed => {
  const result = replayTranscript(compileCase([run]), settings)
  if ('unreplayable' in result) throw new Error(result.unreplayable)
  return result
}
const lostNames = (run: ExperienceRun, settings: Settings): string[] => {
  const { ungrounded, trimmed } = replayed(run, settings)
  return ungrounded.map((need) => trimmed.recording.needs.name[need]!)
}
/** `word` placed so that it ends after `chars` characters, in a text of `length` characters. */
const textWith = (word: string, chars: number, length: number) =>
  `${'x'.repeat(chars - word.length)}${word}${'y'.repeat(length - chars)}`

/** Two tool outputs of 100 tokens each, then an action that uses a value of each. */
const twoOutputs = (first: string, second: string) =>
  aRun('r', {
    settings: {},
    steps: [
      modelCall(),
      toolCall('a'),
      toolResult('a', first, 100),
      modelCall(),
      toolCall('b'),
      toolResult('b', second, 100),
      modelCall(),
      toolCall('c', { old: 'OLDVALUE', fresh: 'NEWVALUE' }),
    ],
  })

describe('tool_tokens', () => {
  test('counts newest first: the older output falls out before the newer one', () => {
    const run = twoOutputs(textWith('OLDVALUE', 8, 400), textWith('NEWVALUE', 8, 400))
    expect(lostNames(run, { 'budget.tool_tokens': 200 })).toEqual([])
    expect(lostNames(run, { 'budget.tool_tokens': 100 })).toEqual(['old'])
    expect(lostNames(run, { 'budget.tool_tokens': 0 })).toEqual(['old', 'fresh'])
  })

  test('cuts the edge item to its head', () => {
    const head = twoOutputs(textWith('OLDVALUE', 40, 400), textWith('NEWVALUE', 8, 400))
    const tail = twoOutputs(textWith('OLDVALUE', 400, 400), textWith('NEWVALUE', 8, 400))
    expect(lostNames(head, { 'budget.tool_tokens': 110 })).toEqual([])
    expect(lostNames(head, { 'budget.tool_tokens': 109 })).toEqual(['old'])
    expect(lostNames(tail, { 'budget.tool_tokens': 199 })).toEqual(['old'])
  })

  test('an action reads what stood before the model call that chose it, not what came after', () => {
    const run = aRun('r', {
      settings: {},
      steps: [
        modelCall(),
        toolCall('a'),
        toolCall('b', { id: 'LATERVALUE' }),
        toolResult('a', 'LATERVALUE', 10),
        toolResult('b', 'none', 10),
      ],
    })
    const { recording } = replayed(run, {}).trimmed
    expect(recording.never_grounded).toBe(1)
    expect(recording.needs.action).toEqual([])
  })
})

describe('memory_tokens', () => {
  const dialogue = (first: string) =>
    aRun('r', {
      settings: {},
      steps: [
        said('system', 'OLDVALUE'),
        said('user', first, 100),
        said('assistant', 'which one?', 50),
        modelCall(),
        toolCall('c', { old: 'OLDVALUE' }),
      ],
    })

  test('cuts the edge turn to its tail, and never counts the system prompt', () => {
    const tail = dialogue(textWith('OLDVALUE', 400, 400))
    const head = dialogue(textWith('OLDVALUE', 8, 400))
    expect(lostNames(tail, { 'budget.memory_tokens': 52 })).toEqual([])
    expect(lostNames(tail, { 'budget.memory_tokens': 51 })).toEqual(['old'])
    expect(lostNames(head, { 'budget.memory_tokens': 150 })).toEqual([])
    expect(lostNames(head, { 'budget.memory_tokens': 149 })).toEqual(['old'])
  })

  test('is untouched by tool output, and tool output by it', () => {
    const run = twoOutputs(textWith('OLDVALUE', 8, 400), textWith('NEWVALUE', 8, 400))
    expect(lostNames(run, { 'budget.memory_tokens': 0 })).toEqual([])
  })
})

describe('a lost need', () => {
  const run = aRun('r', {
    settings: { 'evidence.orders.top_k': 2 },
    evidence: [anOffer('order:1', { text: 'nothing here' }), anOffer('order:2', { rank: 2, text: 'ref ORD-77 paid' })],
    steps: [said('user', 'refund please'), modelCall(), toolCall('c', { order: { id: 'ORD-77' } })],
  })

  test('is named with the evidence that held it and the step that used it', () => {
    const findings = ungroundedFindings(replayed(run, { 'evidence.orders.top_k': 1 }))
    expect(findings).toEqual([
      {
        severity: 'error',
        message: 'orders.read: argument order.id can no longer be read (it stood in evidence order:2)',
        evidence_ref: 'order:2',
        step: 2,
      },
    ])
  })

  test('is not lost while any other place still holds the value', () => {
    const told = aRun('r', { ...run, steps: [said('user', 'refund ord-77 please'), ...run.steps.slice(1)] })
    expect(lostNames(told, { 'evidence.orders.top_k': 1 })).toEqual([])
    expect(lostNames(told, { 'evidence.orders.top_k': 1, 'budget.memory_tokens': 0 })).toEqual(['order.id'])
  })
})

describe('budgets', () => {
  const dialogues = fc.record({
    items: fc.array(fc.record({ tool: fc.boolean(), tokens: fc.integer({ min: 1, max: 40 }), value: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    }),
    tool: fc.integer({ min: 0, max: 200 }),
    memory: fc.integer({ min: 0, max: 200 }),
    more: fc.integer({ min: 0, max: 50 }),
  })
  const runOf = (items: { tool: boolean; tokens: number; value: boolean }[]) =>
    aRun('r', {
      settings: {},
      steps: [
        ...items.flatMap(({ tool, tokens, value }, i): ExperienceRun['steps'] => {
          const text = value ? `${'.'.repeat(tokens * 2)}VALUE${i}` : '.'.repeat(tokens * 4)
          return tool ? [toolCall(`t${i}`), toolResult(`t${i}`, text, tokens)] : [said('user', text, tokens)]
        }),
        modelCall(),
        toolCall('last', Object.fromEntries(items.map((_, i) => [`v${i}`, `VALUE${i}`]))),
      ],
    })

  test('lose less when they grow, and nothing when they hold everything', () => {
    fc.assert(
      fc.property(dialogues, ({ items, tool, memory, more }) => {
        const run = runOf(items)
        const small = lostNames(run, { 'budget.tool_tokens': tool, 'budget.memory_tokens': memory })
        const large = lostNames(run, { 'budget.tool_tokens': tool + more, 'budget.memory_tokens': memory + more })
        expect(small).toEqual(expect.arrayContaining(large))
        expect(lostNames(run, { 'budget.tool_tokens': 320, 'budget.memory_tokens': 320 })).toEqual([])
      }),
    )
  })

  test('that cut nothing leave the recorded context as it was', () => {
    fc.assert(
      fc.property(dialogues, ({ items }) => {
        const { trimmed, tokens } = replayed(runOf(items), { 'budget.tool_tokens': 320, 'budget.memory_tokens': 320 })
        expect(trimmed.equal).toBe(true)
        expect(tokens).toBe(1000)
      }),
    )
  })

  test('that cut something change the context', () => {
    const run = runOf([{ tool: true, tokens: 10, value: true }])
    expect(replayed(run, { 'budget.tool_tokens': 9 }).trimmed.equal).toBe(false)
    expect(replayed(run, { 'budget.tool_tokens': 10 }).trimmed.equal).toBe(true)
  })
})
