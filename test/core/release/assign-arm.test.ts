import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appConfigOf } from '#adapters/delivery/appconfig-document.ts'
import { assignArm, bucketOf, murmur3, type RoutingDocument, type Subject } from '#core/release/assign-arm.ts'
import { routingOf } from '#core/release/routing.ts'
import { type RolloutConfig, Routing, type Stage } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { aConfig, INTENT, inStage, started } from './builders.ts'

/** Routing of a rollout that stands in a stage. */
const at = (stage: Stage, config?: RolloutConfig): RoutingDocument =>
  config ? routingOf({ ...started({ config }), stage }) : routings.get(stage)!
const routings = new Map(STAGES.map((stage) => [stage, routingOf({ ...started(), stage })]))

const subjects: fc.Arbitrary<Subject> = fc.record({
  id: fc.string({ minLength: 1, unit: 'grapheme' }),
  intent: fc.constant(INTENT),
  attributes: fc.record({ internal: fc.boolean(), tier: fc.constantFrom('standard', 'gold') }, { requiredKeys: [] }),
})

describe('assignArm', () => {
  test('imports nothing, so that it can be copied into any runtime', () => {
    const source = readFileSync(new URL('../../../functions/core/release/assign-arm.ts', import.meta.url), 'utf8')
    expect(source).not.toMatch(/^\s*import\s|require\(|import\(/m)
  })

  test('gives a subject the same arm every time', () => {
    fc.assert(
      fc.property(subjects, fc.constantFrom(...STAGES), (subject, stage) => {
        expect(assignArm(at(stage), structuredClone(subject))).toEqual(assignArm(at(stage), subject))
      }),
    )
  })

  test('never takes the candidate away while stages advance, and gives it to everyone at 100%', () => {
    fc.assert(
      fc.property(subjects, (subject) => {
        const arms = STAGES.map((stage) => assignArm(at(stage), subject).arm)
        expect(arms[0]).toBe('baseline')
        expect(arms.at(-1)).toBe('candidate')
        const first = arms.indexOf('candidate')
        expect(arms.slice(first).every((arm) => arm === 'candidate')).toBe(true)
      }),
    )
  })

  test('stays monotone where a later stage is declared smaller than an earlier one', () => {
    const config = aConfig()
    config.stages['1%_internal'].cohort.share = 1
    const internal = { id: 'x', intent: INTENT, attributes: { internal: true } }
    for (const stage of STAGES.slice(1)) expect(assignArm(at(stage, config), internal).arm).toBe('candidate')
  })

  test('touches no other intent', () => {
    fc.assert(
      fc.property(subjects, fc.string(), (subject, intent) => {
        fc.pre(intent !== INTENT)
        expect(assignArm(at('100%'), { ...subject, intent })).toMatchObject({ arm: 'baseline', release_tuple_id: null })
      }),
    )
  })

  test.each(['rolled_back', 'stopped', 'retired'] as const)(
    'sends everyone to the whole prior tuple once %s',
    (status) => {
      const routing = routingOf({ ...started(), stage: '100%', status })
      fc.assert(
        fc.property(subjects, (subject) => {
          expect(assignArm(routing, subject)).toMatchObject({
            arm: 'baseline',
            release_tuple_id: started().baseline.release_tuple_id,
            shadow: false,
          })
        }),
      )
    },
  )

  test.each(['released', 'kept', 'superseded'] as const)('serves the candidate to everyone once %s', (status) => {
    const assigned = assignArm(routingOf({ ...started(), stage: '100%', status }), { id: 'x', intent: INTENT })
    expect(assigned).toMatchObject({ arm: 'candidate', period: 'window' })
  })

  test('keeps the cohort while paused: neither forward nor back', () => {
    const { rollout } = inStage('25%_monitored')
    fc.assert(
      fc.property(subjects, (subject) => {
        const paused = assignArm(routingOf({ ...rollout, status: 'paused' }), subject)
        expect(paused).toEqual(assignArm(routingOf(rollout), subject))
      }),
    )
  })

  test('adds nobody at 5%_low_risk where a high-risk intent declares no cohort', () => {
    const config = aConfig()
    config.stages['5%_low_risk'].cohort = { share: 0.05, shadow_share: 0, where: null }
    fc.assert(
      fc.property(subjects, (subject) => {
        expect(assignArm(at('5%_low_risk', config), subject).arm).toBe(
          assignArm(at('1%_internal', config), subject).arm,
        )
      }),
    )
  })

  test('gives the declared share of subjects the candidate, within chance', () => {
    const routing = at('25%_monitored')
    const many = Array.from({ length: 20_000 }, (_, n) => assignArm(routing, { id: `customer-${n}`, intent: INTENT }))
    const share = many.filter((a) => a.arm === 'candidate').length / many.length
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / many.length))
  })

  test('splits subjects anew in every rollout', () => {
    const [one, two] = [at('25%_monitored'), { ...at('25%_monitored'), rollout_id: 'ro_other' }]
    const both = Array.from({ length: 4000 }, (_, n) => ({ id: `c${n}`, intent: INTENT })).filter(
      (s) => assignArm(one, s).arm === 'candidate' && assignArm(two, s).arm === 'candidate',
    )
    expect(both.length / 4000).toBeGreaterThan(0.04)
    expect(both.length / 4000).toBeLessThan(0.085)
  })

  test('compares only subjects whose arm the present split decides', () => {
    const config = aConfig()
    const internal = (n: number): Subject => ({ id: `u${n}`, intent: INTENT, attributes: { internal: true } })
    const monitored = at('25%_monitored', config)
    expect(assignArm(monitored, internal(1)).compared).toBe(false)
    expect(assignArm(monitored, { id: 'u1', intent: INTENT }).compared).toBe(true)
    expect(assignArm(at('1%_internal', config), { id: 'u1', intent: INTENT }).compared).toBe(false)
    expect(assignArm(at('1%_internal', config), internal(1)).compared).toBe(true)
  })

  test('shadows the declared share, of the present cohort only', () => {
    const shadowed = (stage: Stage) => {
      const routing = at(stage)
      return Array.from({ length: 5000 }, (_, n) => assignArm(routing, { id: `c${n}`, intent: INTENT })).filter(
        (a) => a.shadow,
      )
    }
    expect(shadowed('0%_shadow')).toHaveLength(5000)
    expect(shadowed('25%_monitored')).toHaveLength(0)
    expect(shadowed('100%').length / 5000).toBeCloseTo(0.2, 1)
  })

  test('says why, so that a run can prove its arm later', () => {
    const bucket = bucketOf(`${started().rollout_id}/customer-3`)
    const assigned = assignArm(at('25%_monitored'), { id: 'customer-3', intent: INTENT })
    expect(assigned.bucket).toBe(bucket)
    expect(assigned.because).toContain(`bucket ${bucket} is`)
  })

  test('gives the baseline to a subject without an id, and never trusts inherited attributes', () => {
    expect(assignArm(at('100%'), { id: '', intent: INTENT }).arm).toBe('baseline')
    const config = aConfig()
    config.stages['1%_internal'].cohort = {
      share: 1,
      shadow_share: 1,
      where: [{ attribute: 'constructor', in: ['x'] }],
    }
    const inherited = Object.create({ constructor: 'x' }) as Record<string, string>
    expect(assignArm(at('1%_internal', config), { id: 'a', intent: INTENT, attributes: inherited }).arm).toBe(
      'baseline',
    )
  })

  test.each([0.0007, 0.0029, 0.0113, 0.29, 0.5671])('reads a share of %d as whole buckets', (share) => {
    const config = aConfig()
    config.stages['25%_monitored'].cohort.share = share
    const routing = at('25%_monitored', config)
    const buckets = Array.from({ length: 20_000 }, (_, n) => assignArm(routing, { id: `c${n}`, intent: INTENT }))
      .filter((a) => a.arm === 'candidate')
      .map((a) => a.bucket!)
    expect(Math.max(-1, ...buckets)).toBeLessThan(Math.round(share * 10_000))
  })
})

describe('murmur3', () => {
  test.each([
    ['', 0],
    ['test', 0xba6bd213],
    ['Hello, world!', 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ])('of %j is the published value', (text, hash) => {
    expect(murmur3(text)).toBe(hash)
  })
})

describe('the exported routing', () => {
  test('is plain JSON of the declared shape, and assigns alike after the round trip', () => {
    const routing = at('25%_monitored')
    const exported = appConfigOf(Routing.parse(routing))
    expect(exported).toMatchObject({ ContentType: 'application/json', VersionLabel: `${routing.rollout_id}.r0` })
    const read = JSON.parse(exported.Content) as RoutingDocument
    fc.assert(
      fc.property(subjects, (subject) => {
        expect(assignArm(read, subject)).toEqual(assignArm(routing, subject))
      }),
    )
  })

  test('has a label of its own for each rollout and revision, however long the id', () => {
    const routing = Routing.parse(at('25%_monitored'))
    const long = (end: string) => ({ ...routing, rollout_id: `${'ro_'.padEnd(119, 'x')}${end}` })
    const labels = [routing, { ...routing, revision: 1 }, long('a'), long('b')].map((r) => appConfigOf(r).VersionLabel)
    expect(new Set(labels).size).toBe(4)
    for (const label of labels) expect(label).toMatch(/^(?=.*\D)\S{1,64}$/)
  })

  test('fails beyond what AppConfig stores', () => {
    const routing = Routing.parse(at('25%_monitored'))
    const where = [
      { attribute: 'customer', in: Array.from({ length: 40_000 }, (_, n) => `customer-number-${n}-of-very-many`) },
    ]
    const huge = { ...routing, cohorts: routing.cohorts.map((c) => ({ ...c, where })) }
    expect(() => appConfigOf(huge)).toThrow(/AppConfig takes 1048576/)
  })
})
