/** One suite over all forms that routing is delivered in, and exact parity of the flag document with `assignArm`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlagdCore } from '@openfeature/flagd-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileRouting } from '#adapters/delivery/file-routing.ts'
import { FORMS } from '#adapters/delivery/forms.ts'
import { allOf } from '#adapters/delivery/object-routing.ts'
import { assignArm, flagContextOf, type Subject } from '#core/release/assign-arm.ts'
import { routingOf } from '#core/release/routing.ts'
import type { FormName } from '#schemas/forms.ts'
import type { Routing } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { INTENT, started } from '../../core/release/builders.ts'

const forward: readonly Routing[] = STAGES.map((stage) => routingOf({ ...started(), stage }))
const back = routingOf({ ...started(), status: 'rolled_back' })
const names = Object.keys(FORMS) as FormName[]

describe.each(names)('routing as %s', (form) => {
  test('is the same bytes for the same document, and others for another one', () => {
    const texts = [...forward, back].map((routing) => FORMS[form].textOf(structuredClone(routing)))
    expect([...forward, back].map((routing) => FORMS[form].textOf(routing))).toEqual(texts)
    expect(new Set(texts).size).toBe(texts.length)
  })

  test('is a file of its intent, there whole; published again it is the same one, and going back replaces it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'autotune-delivery-'))
    try {
      const publisher = allOf([fileRouting(form, join(folder, 'flags'))])
      const read = () =>
        readdirSync(join(folder, 'flags')).map((name) => readFileSync(join(folder, 'flags', name), 'utf8'))
      for (const routing of [forward[2]!, forward[2]!, back]) {
        await publisher.publish(routing, routing === back)
        expect(read()).toEqual([FORMS[form].textOf(routing)])
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** The arm that flagd gives. */
function flagdOf(routing: Routing): (subject: Subject) => string {
  const core = new FlagdCore()
  core.setConfigurations(FORMS.flagd.textOf(routing))
  return (subject) => {
    const found = core.resolveStringEvaluation(INTENT, 'none', flagContextOf(subject))
    expect(found.value).toBe(found.variant === 'candidate' ? routing.candidate : routing.baseline)
    return found.variant!
  }
}

const ascii = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) })
const attributes = fc.record(
  { internal: fc.constantFrom(true, false, 'true', 1), tier: fc.constantFrom('standard', 'gold', '') },
  { requiredKeys: [] },
)

describe('the flag document', () => {
  test('gives every subject the arm that assignArm does, in every stage and on the way back', () => {
    for (const routing of [...forward, back]) {
      const arm = flagdOf(routing)
      fc.assert(
        fc.property(ascii, attributes, (id, of) => {
          const subject = { id, intent: INTENT, attributes: of as Record<string, string> }
          expect(arm(subject)).toBe(assignArm(routing, subject).arm)
        }),
      )
    }
  })

  test.each([0.0001, 0.01, 0.05, 0.25, 0.9999, 1])('splits as assignArm does at a share of %d', (share) => {
    const routing: Routing = {
      ...forward[0]!,
      cohorts: [{ stage: '1%_internal', share, shadow_share: 0, where: null }],
    }
    const arm = flagdOf(routing)
    const differ = Array.from({ length: 2000 }, (_, n) => ({ id: `customer-${n}`, intent: INTENT })).filter(
      (subject) => arm(subject) !== assignArm(routing, subject).arm,
    )
    expect(differ).toEqual([])
  })

  test('is asked with no id that providers hash differently', () => {
    expect(() => flagContextOf({ id: 'jürgen', intent: INTENT })).toThrow('beyond ASCII')
  })

  test('refuses in words an attribute that a flag cannot name', () => {
    const cohorts = [
      { stage: '1%_internal' as const, share: 0.1, shadow_share: 0, where: [{ attribute: 'a.b', in: [1] }] },
    ]
    expect(() => FORMS.flagd.textOf({ ...forward[0]!, cohorts })).toThrow('cannot say the attribute "a.b"')
  })
})

test('the environment file holds nothing that a shell or a reader of such files reads otherwise', () => {
  const text = FORMS.env.textOf(forward[3]!)
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^AUTOTUNE_[A-Z0-9_]+=[A-Za-z0-9_.:@%+/=-]+$/)
  const encoded = /^AUTOTUNE_ROUTING_BASE64=(.*)$/m.exec(text)![1]!
  expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).toEqual(forward[3])
})
