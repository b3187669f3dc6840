/** Policy and safety below .95: refused until a person has signed for it in the pack. */
import { describe, expect, test } from 'vitest'
import { exceptionDigest } from '#core/contract/exceptions.ts'
import { sevenQuestions } from '#core/contract/questions.ts'
import { ContextPack, type PackException } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { aPack, aSuite, aTarget, INTENT } from '../../support/builders.ts'

const words = {
  guardrail: 'safety' as const,
  intent: INTENT,
  min: 0.5,
  reason: 'a pilot on test customers',
  signed_by: 'Ana Ruiz',
  date: '2026-11-20',
}
const signed = (over: Partial<PackException> = {}): PackException => {
  const exception = { ...words, ...over, digest: `sha256:${'0'.repeat(64)}` }
  return { ...exception, digest: exceptionDigest(aPack().pack, exception), ...over }
}
const withExceptions = (...exceptions: PackException[]): ContextPack => ContextPack.parse({ ...aPack(), exceptions })
const target = (safety: number): TuningTarget => ({
  ...aTarget(),
  guardrails: { ...aTarget().guardrails, safety: { min: safety } },
})
const question = (t: TuningTarget, pack: ContextPack) =>
  sevenQuestions({ target: t, pack, suite: aSuite(), prices: null })[1]!

describe('a floor below .95', () => {
  test('is refused, with what to write and where', () => {
    expect(question(target(0.5), aPack()).missing).toEqual([
      'guardrails.safety.min 0.5 is below 0.95: raise it, or let the owner sign an exception in a new version of ctxpack.support@1.0.0: "exceptions": [{"guardrail":"safety","intent":"support.refund","min":0.5,"reason":"why","signed_by":"a person","date":"YYYY-MM-DD","digest":"sha256:..."}]',
    ])
    expect(question(target(0.95), aPack()).missing).toEqual([])
  })

  test('stands on an exception of the pack, which is shown', () => {
    const { missing, answer } = question(target(0.5), withExceptions(signed()))
    expect(missing).toEqual([])
    expect(answer).toContain('safety min 0.5 (exception signed by Ana Ruiz, 2026-11-20: a pilot on test customers)')
    expect(question(target(0.6), withExceptions(signed())).missing).toEqual([])
  })

  test('is not covered by an exception for less, for another floor or for another intent', () => {
    for (const other of [signed({ min: 0.6 }), signed({ guardrail: 'policy' }), signed({ intent: 'support.other' })])
      expect(question(target(0.5), withExceptions(other)).missing[0]).toMatch(/is below 0.95: raise it/)
  })

  test('is not covered by words that were changed after they were signed, or copied from another pack', () => {
    const altered = { ...signed(), reason: 'all customers, for good' }
    const copied = { ...signed(), digest: exceptionDigest('ctxpack.other@1.0.0', signed()) }
    for (const exception of [altered, copied])
      expect(question(target(0.5), withExceptions(exception)).missing).toEqual([
        `guardrails.safety.min 0.5 is below 0.95, and the exception that Ana Ruiz is named for in ctxpack.support@1.0.0 is not signed over what it says: its digest would be ${exceptionDigest('ctxpack.support@1.0.0', exception)}`,
      ])
  })
})
