/** `import --plan`: what a shadow recorded, and everything that is no recording of the plan. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { planDigest, recordingDigest, servedDigest } from '#core/plan/recording-plan.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { compileIntent } from '../../functions/steps/experience/compile.ts'
import { publishPrices } from '../../functions/steps/experience/documents.ts'
import { fixSplit } from '../../functions/steps/experience/split-rule.ts'
import { RECORDED, stocked } from '../steps/stores.ts'
import { INTENT, prices, said } from '../support/builders.ts'
import { autotune, bytesOf } from './command-line.ts'
import { K, pack, planPlace, shallow, stored, suite, target } from './plan-world.ts'

const { place, planFile, read, makePlan, shadowed } = planPlace()

describe('import --plan', () => {
  test('takes what a shadow recorded, says how far the plan is, and takes nothing twice', async () => {
    await makePlan()
    const all = shadowed()
    const some = await place.at('import', place.runs('some.jsonl', all.slice(0, 4)), '--plan', planFile())
    expect([some.code, some.out]).toEqual([0, expect.stringContaining('4 of 12 recorded')])
    const rest = await place.at('import', place.runs('all.jsonl', all), '--plan', planFile())
    expect(rest.out).toMatch('stored 8 runs (4 were there already)')
    expect(rest.out).toMatch('12 of 12 recorded')
    // However they lie.
    const file = place.file('target.json', target)
    const none = () => place.at('plan', '--target', file, '--out', join(place.dir, 'none.json'))
    expect((await none()).out).toMatch('nothing is to be recorded')
    expect((await place.at('pack')).code).toBe(0)
    expect((await none()).out).toMatch('nothing is to be recorded')
    expect((await place.at('case', 's1')).out).toMatch('shadow-s1, 2026-05-12, recorded for a plan')
  })

  test.each([
    ['a case that is not planned', () => ({ case_id: 'h0' }), /runs\.jsonl:2.*case_id.*is not planned/],
    [
      'settings that are not planned',
      () => ({ settings: { [K]: 7 } }),
      /settings\.evidence\.orders\.top_k.*it is 7, planned is 8 \(s1\)/,
    ],
    ['settings outside of the bounds', () => ({ settings: { [K]: 900 } }), /it is 900, planned is 8/],
    ['another family', () => ({ family_id: 'family-h0' }), /family_id.*a further recording of a case has the same/],
    ['another policy', () => ({ policy_bundle_version: 'policy.returns@2.0.0' }), /policy_bundle_version/],
    ['another request', () => ({ steps: [said('user', 'hello')] }), /steps.*it is another request/],
    ['another plan', () => ({ plan: `sha256:${'b'.repeat(64)}` }), /it was recorded for another plan/],
    ['no run', () => ({ outcome: 7 }), /runs\.jsonl:2.*outcome/],
  ])('%s is refused with file, line and field, and nothing is stored', async (_, over, says) => {
    await makePlan()
    const before = bytesOf(place.store).filter((file) => !file.includes('ledger'))
    const runs = place.runs(
      'runs.jsonl',
      shadowed((_run, i) => (i === 1 ? over() : {})),
    )
    const { code, err } = await place.at('import', runs, '--plan', planFile())
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(bytesOf(place.store).filter((file) => !file.includes('ledger'))).toEqual(before)
  })

  test('the same case under the same settings by another run is refused', async () => {
    await makePlan()
    const all = shadowed()
    await place.at('import', place.runs('all.jsonl', all), '--plan', planFile())
    const twice = place.runs('twice.jsonl', [{ ...all[0]!, run_id: 'once-more' }])
    const { code, err } = await place.at('import', twice, '--plan', planFile())
    expect([code, err]).toEqual([2, expect.stringMatching(/recorded under s1 already, by run shadow-s0/)])
  })

  test('a plan that was changed, one out of bounds, and one of another store are refused', async () => {
    await makePlan()
    const plan = read()
    const runs = place.runs('runs.jsonl', shadowed())
    const with_ = (name: string, changed: object) => place.at('import', runs, '--plan', place.file(name, changed))
    expect((await with_('changed.json', { ...plan, needed_families: 1 })).err).toMatch('its digest does not hold')
    expect((await with_('no.json', { kind: 'recording_plan' })).err).toMatch('is missing')
    const { digest: _, ...body } = plan
    const beyond = { ...body, settings: [{ ...body.settings[0]!, change: { [K]: 900 }, settings: { [K]: 900 } }] }
    expect((await with_('beyond.json', { ...beyond, digest: planDigest(beyond) })).err).toMatch(
      /plans what is out of bounds:\n.*s1: "evidence\.orders\.top_k": 900 is outside 1\.\.8/,
    )
    const more = { ...body, settings: [{ ...body.settings[0]!, settings: { [K]: 8, 'budget.evidence_tokens': 1 } }] }
    expect((await with_('more.json', { ...more, digest: planDigest(more) })).err).toMatch(
      'are not those of ctxpack.support',
    )
    const other = join(place.dir, 'other')
    const store = openStore(other, { durable: false })
    await fixSplit(store, RECORDED)
    await stocked(store, [shallow('elsewhere', 'search'), shallow('h0', 'heldout')], { pack, suite })
    await publishPrices(store, prices())
    store.close()
    const { code, err } = await autotune('import', runs, '--plan', planFile(), '--store', other)
    expect([code, err]).toEqual([2, expect.stringContaining('is a plan of another store')])
  })

  test('a plan of a pack with rules is held to what each case has now: other settings, with every digest made anew, are refused', async () => {
    const rules = [{ when: { '==': [{ var: 'attributes.tier' }, 'gold'] }, settings: { [K]: 3 } }]
    const gold = (name: string, side: 'search' | 'heldout') => ({
      ...shallow(name, side),
      attributes: { tier: 'gold' },
    })
    const runs = [shallow('s0', 'search'), { ...gold('s1', 'search'), settings: { [K]: 3 } }, shallow('h0', 'heldout')]
    const file = await stored(place, runs, { ...pack, rules } as typeof pack)
    expect((await place.at('plan', '--target', file, '--out', planFile())).err).toBe('')
    const { digest: _, ...body } = read()
    const store = openStore(place.store, { durable: false })
    const lines = await Array.fromAsync(compileIntent(store, INTENT))
    store.close()
    const served = new Map(lines.map((line) => JSON.parse(line) as ReplayCase).map((one) => [one.case_id, one]))
    const handed = place.runs('runs.jsonl', shadowed())
    expect((await place.at('import', handed, '--plan', planFile())).err).toBe('')
    const settings = { [K]: 900 }
    const recordings = body.recordings.map((one) => ({
      ...one,
      digest: recordingDigest(one.case_id, servedDigest(served.get(one.case_id)!.recordings), settings),
    }))
    const forged = { ...body, settings: [{ ...body.settings[0]!, settings }], recordings }
    const plan = place.file('forged.json', { ...forged, digest: planDigest(forged) })
    const { code, err } = await place.at('import', handed, '--plan', plan)
    expect([code, err]).toEqual([2, expect.stringContaining('plans what is out of bounds')])
    expect(err).toMatch(/s1: evidence\.orders\.top_k is 900, which case "s0" has neither now nor under its change/)
  })

  test('runs that were recorded for a plan are imported with it alone, and others without', async () => {
    await makePlan()
    const marked = place.runs(
      'marked.jsonl',
      shadowed(() => ({ plan: read().digest })),
    )
    const plain = await place.at('import', marked, '--split', 'recorded')
    expect([plain.code, plain.err]).toEqual([2, expect.stringContaining('was recorded for a plan')])
    const both = await place.at('import', marked, '--plan', planFile(), '--map', 'chat-messages')
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('--map does not go with --plan')])
  })
})
