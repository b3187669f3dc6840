/** Settings by case: conditions over attributes, what they may read, and what a patch for some cases makes of a table. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conditionWords } from '#core/space/condition-words.ts'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import { applyPatch, attributesOf, holds, patchedPack, settingsFor, tableOf } from '#core/space/scope.ts'
import { boundedChange } from '#core/space/validate.ts'
import type { HandWrittenChange } from '#schemas/candidate.ts'
import { Condition } from '#schemas/condition.ts'
import { ContextPack } from '#schemas/pack.ts'
import { aPack, INTENT } from '../../support/builders.ts'

const COUNT = await tokenCounter({ tunable_surfaces: [] })
const region = { var: 'attributes.region' }
const isEu = { '==': [region, 'EU'] }
const K = 'evidence.orders.top_k'
const described = (...attributes: (Record<string, string> | undefined)[]) => ({
  recordings: attributes.map((a) => ({ attributes: a })),
})

const inRegion = (region: string): Record<string, string> => ({ region })

describe('a condition', () => {
  test.each<[string, unknown, boolean | null]>([
    ['holds', isEu, true],
    ['does not hold', { '==': [region, 'US'] }, false],
    ['of an attribute that is not recorded says nothing', { '==': [{ var: 'attributes.tier' }, 'gold'] }, null],
    ['that denies one that is not recorded says nothing either', { '!=': [{ var: 'attributes.tier' }, 'gold'] }, null],
    ['with a value in its place does', { '==': [{ var: ['attributes.tier', 'none'] }, 'none'] }, true],
    ['may ask whether it is recorded', { '!!': [{ missing: ['attributes.tier'] }] }, true],
    ['reads a number that was recorded as text', { '<': [{ '+': [{ var: 'attributes.amount' }] }, 50] }, true],
    ['of another type says nothing', { '<': [region, 50] }, null],
    ['that is no true or false says nothing', region, null],
    ['reads no name of a prototype', { '==': [{ var: 'attributes.constructor' }, 'x'] }, null],
    ['nor its parent', { '!!': [{ var: ['attributes.__proto__', ''] }] }, false],
  ])('%s', (_, when, said) => {
    expect(Condition.safeParse(when).error).toBeUndefined()
    expect(holds(when as never, { region: 'EU', amount: '49.5' })).toBe(said)
  })

  test.each<[unknown, RegExp]>([
    [
      { '==': [{ var: 'outcome.status' }, 'failed'] },
      /"outcome.status" is known when a case has run.*attributes\.NAME/,
    ],
    [{ '==': [{ var: 'attributes.outcome' }, 'failed'] }, /"attributes.outcome" is called as what is known when/],
    [{ '!!': [{ missing: ['attributes.gold'] }] }, /under another name/],
    [{ '==': [{ var: ['attributes.Outcome.status', 'x'] }, 'x'] }, /under another name/],
    [{ '==': [{ var: 'label.passed' }, true] }, /"label.passed" is known when a case has run/],
    [{ some: [{ var: 'context.items' }, { var: 'gold' }] }, /known when a case has run/],
    [{ '>': [{ var: 'cents' }, 1] }, /"cents" is known when a case has run/],
    [{ '==': [{ var: 'gold' }, true] }, /no case has "gold" before it runs/],
    [{ '==': [{ var: 'region' }, 'EU'] }, /no case has "region" before it runs: there is attributes\.NAME/],
    [{ '!!': [{ var: 'attributes' }] }, /"attributes" is no single value/],
    [{ '!!': [{ var: '' }] }, /no case has ""/],
    [{ missing: ['outcome.status'] }, /known when a case has run/],
    [{ '==': [1, 1] }, /reads no attribute/],
    [true, /JsonLogic/],
    [null, /JsonLogic/],
    [[isEu], /JsonLogic/],
    [{ regex: [region, 'E.'] }, /"regex" is no operator/],
    [{ '==': [region, 'x'.repeat(1_000_000)] }, /at most 1000 characters/],
    [JSON.parse(`${'{"!":['.repeat(5000)}true${']}'.repeat(5000)}`), /at most 24 operators deep/],
    [{ and: Array.from({ length: 60 }, () => isEu) }, /1 to 50 arguments/],
    [JSON.parse('{"==":[{"var":"__proto__.x"},1]}'), /no case has/],
  ])('that is not pure is refused %#', (when, words) => {
    const { error } = Condition.safeParse(when)
    expect(error?.issues.map((i) => i.message).join('\n')).toMatch(words)
    expect(error!.message.length).toBeLessThan(3000)
  })

  test('reads of a case with several recordings what all of them say', () => {
    expect(attributesOf(described({ region: 'EU', a: '1' }, { region: 'EU', a: '2' }))).toEqual({ region: 'EU' })
    expect(attributesOf(described({ region: 'EU' }, undefined))).toEqual({})
  })

  test.each([
    [isEu, 'region is "EU"'],
    [{ and: [isEu, { '!=': [{ var: 'attributes.tier' }, 'gold'] }] }, '(region is "EU") and (tier is not "gold")'],
    [{ in: [region, ['EU', 'UK']] }, 'region is "EU" or "UK"'],
    [{ '!': [{ in: [region, ['EU']] }] }, 'not (region is "EU")'],
    [{ '!!': [{ missing: ['attributes.tier'] }] }, '(tier is not recorded)'],
    [{ '<': [{ '+': [{ var: 'attributes.amount' }] }, 50] }, 'amount < 50'],
    [{ '%': [{ '+': [{ var: 'attributes.n' }] }, 2] }, '{"%":[{"+":[{"var":"attributes.n"}]},2]}'],
    [{ '==': [{ var: 'attributes.x is "EU" and y' }, 'b'] }, '"x is \\"EU\\" and y" is "b"'],
  ])('is said in words: %j', (when, words) => expect(conditionWords(when as never)).toBe(words))
})

describe('a patch for some cases', () => {
  const patch = { [K]: { from: 4, to: 2, when: isEu } }

  test('sets their settings alone, and leaves the very table of all others', () => {
    const settings = { [K]: 4, other: 1 }
    const table = applyPatch(settings as never, patch)
    expect(settingsFor(table, described({ region: 'EU' }))).toEqual({ [K]: 2, other: 1 })
    for (const others of [inRegion('US'), {}, undefined]) expect(settingsFor(table, described(others))).toBe(settings)
    expect(settingsFor(table, described({ region: 'EU' }))).toBe(
      settingsFor(table, described({ region: 'EU', x: '1' })),
    )
  })

  test('is the last rule where several hold, and takes the place of one of its own condition', () => {
    const inUs = { '==': [region, 'US'] }
    const any = { in: [region, ['EU', 'US']] }
    let pack = aPack()
    for (const [to, when] of [
      [2, isEu],
      [3, any],
      [1, isEu],
      [5, inUs],
    ] as const)
      pack = ContextPack.parse(patchedPack(pack, { [K]: { from: 4, to, when } }))
    expect(pack.rules).toEqual([
      { when: any, settings: { [K]: 3 } },
      { when: isEu, settings: { [K]: 1 } },
      { when: inUs, settings: { [K]: 5 } },
    ])
    const of = (name: string) => settingsFor(tableOf(pack), described({ region: name }))[K]
    expect([of('EU'), of('US'), of('UK')]).toEqual([1, 5, 4])
    expect(patchedPack(pack, { [K]: { from: 4, to: 5 } }).rules).toEqual(pack.rules)
  })

  test('is the patch for all where its condition holds for all, whatever the cases', () => {
    const names = fc.array(fc.option(fc.constantFrom('EU', 'US', 'UK'), { nil: undefined }), { minLength: 1 })
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 5 }), (all, to) => {
        const when = { '!!': [{ var: ['attributes.region', 'none'] }] }
        const settings = { [K]: 4 }
        const [some, every] = [applyPatch(settings, { [K]: { from: 4, to, when } } as never), { [K]: to }]
        for (const region of all)
          expect(settingsFor(some, described(region === undefined ? undefined : inRegion(region)))).toEqual(every)
      }),
    )
  })

  const rule = {
    strategy_rule_id: 'sr_1',
    intent: INTENT,
    layer: 'retrieval',
    from_insight: 'in_1',
    evidence_refs: ['s1'],
  }
  test.each<[string, object, RegExp]>([
    ['beyond bounds', { patch: { [K]: { to: 9, when: isEu } } }, /9 is outside 1..5/],
    ['of a value inside a value', { patch: { [K]: { to: { to: 9 }, when: isEu } } }, /is a object|takes a number/],
    [
      'of a path without a surface',
      { patch: { 'evidence.orders.max_hops': { to: 1, when: isEu } } },
      /no tunable surface/,
    ],
    ['of a name of a prototype', { patch: JSON.parse('{"__proto__":{"to":1}}') }, /"__proto__" has no tunable surface/],
    ['of another baseline', { patch: { [K]: { from: 5, to: 2, when: isEu } } }, /is 4 in ctxpack/],
    ['of nothing', { patch: {}, strategy_rule: rule }, /empty patch/],
    [
      'of another intent',
      { patch: { [K]: 2 }, strategy_rule: { ...rule, intent: 'support.status' } },
      /applies_to\.intent is "support\.status"/,
    ],
    [
      'of another layer',
      { patch: { [K]: 2 }, strategy_rule: { ...rule, layer: 'prompt' } },
      /is of layer retrieval \(top_k\).*action\.layer is "prompt"/,
    ],
    [
      'of a layer that nothing has',
      { patch: { [K]: 2 }, strategy_rule: { ...rule, layer: 'memory_recall' } },
      /"memory_recall" has no surface/,
    ],
  ])('%s is out of bounds', (_, change, words) => {
    const bounded = boundedChange(change as HandWrittenChange, aPack(), INTENT, [K], COUNT)
    expect('problems' in bounded && bounded.problems.join('\n')).toMatch(words)
  })
})

test.each<[string, object, RegExp]>([
  ['of a setting that others lack', { when: isEu, settings: { 'evidence.x.top_k': 1 } }, /has no value in settings/],
  ['of another type', { when: isEu, settings: { [K]: 'many' } }, /is a number in settings/],
  [
    'that reads an outcome',
    { when: { '!!': [{ var: 'outcome.refused' }] }, settings: { [K]: 1 } },
    /known when a case has run/,
  ],
])('a pack with a rule %s is refused', (_, rule, words) => {
  const { error } = ContextPack.safeParse({ ...aPack(), rules: [rule] })
  expect(error?.message).toMatch(words)
})

describe('a pack that has rules', () => {
  const over = (rules: object[]) => ContextPack.parse({ ...aPack(), rules })
  const changed = (pack: ContextPack, patch: HandWrittenChange['patch']) =>
    boundedChange({ patch }, pack, INTENT, [K], COUNT)

  test('is changed from what its cases have now, and may give them back what all have', () => {
    const pack = over([{ when: isEu, settings: { [K]: 2 } }])
    const all = aPack().settings[K]!
    expect(changed(pack, { [K]: { to: 5, when: isEu } })).toMatchObject({
      candidate: { patch: { [K]: { from: 2, to: 5, when: isEu } } },
    })
    expect(changed(pack, { [K]: { to: all, when: isEu } })).toHaveProperty('candidate')
    expect(changed(pack, { [K]: { to: 5 } })).toMatchObject({ candidate: { patch: { [K]: { from: all } } } })
    expect(changed(pack, { [K]: { from: all, to: 5, when: isEu } })).toMatchObject({
      problems: [expect.stringMatching(/is 2 in/)],
    })
    expect(changed(pack, { [K]: { to: 2, when: isEu } })).toMatchObject({
      problems: [expect.stringMatching(/already is 2/)],
    })
  })

  test('takes no more of them than a pack may have, and a newer one in place of an older', () => {
    const when = (i: number) => ({ '==': [region, `R${i}`] })
    const full = over(Array.from({ length: 50 }, (_, i) => ({ when: when(i), settings: { [K]: 2 } })))
    expect(changed(full, { [K]: { to: 5, when: when(50) } })).toMatchObject({
      problems: [expect.stringMatching(/at most 50/)],
    })
    expect(changed(full, { [K]: { to: 5, when: when(7) } })).toHaveProperty('candidate')
  })
})
