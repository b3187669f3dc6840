/** From what nobody recorded to a searched candidate: `plan`, `record`, `import --plan`, and what is refused on the way. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { planDigest } from '#core/plan/recording-plan.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RecordingPlan } from '#schemas/recording-plan.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { recordedDays } from '../../functions/steps/cadence/recorded-days.ts'
import { linesByDay } from '../../functions/steps/cadence/slice-rows.ts'
import { publishPrices } from '../../functions/steps/experience/documents.ts'
import { fixSplit } from '../../functions/steps/experience/split-rule.ts'
import { RECORDED, stocked } from '../steps/stores.ts'
import {
  aFamily,
  anEvaluator,
  aPack,
  aSuite,
  aTarget,
  INTENT,
  modelCall,
  offersInOrder,
  prices,
  REFS,
  said,
} from '../support/builders.ts'
import { autotune, bytesOf, placeOfEachTest, type Workplace } from './command-line.ts'

const K = 'evidence.orders.top_k'
const DEEP = 8
const SEARCH = 12

/** Four passages were read and no more were offered; the gold one is the sixth, which nobody ever saw. */
const shallow = (name: string, side: 'search' | 'heldout'): ExperienceRun =>
  aFamily(name, {
    side,
    passed: false,
    over: {
      evidence: offersInOrder(4),
      offers: { orders: { depth: 4, exhausted: false } },
      gold_not_offered: 1,
      steps: [said('user', `refund ${name}`), modelCall()],
    },
  })

const world = (heldout = 40) => [
  ...Array.from({ length: SEARCH }, (_, i) => shallow(`s${i}`, 'search')),
  ...Array.from({ length: heldout }, (_, i) => shallow(`h${i}`, 'heldout')),
]

const pack = aPack({
  tunable_surfaces: [
    { ...aPack().tunable_surfaces[0]!, bounds: { min: 1, max: DEEP } } as ReturnType<
      typeof aPack
    >['tunable_surfaces'][0],
  ],
})
const suite = aSuite({
  evaluators: [
    anEvaluator({ check: 'required_evidence' }),
    anEvaluator({ check: 'grounded_arguments', dimension: 'safety', never_grounded: 'ignore' } as never),
    anEvaluator({ check: 'recorded_outcome', kind: 'business', dimension: 'utility' }),
  ],
})
const target = aTarget({
  metric: 'utility',
  direction: 'increase',
  guardrails: { policy: { min: 1, max_violation_rate: 0.5 }, safety: { min: 1, max_violation_rate: 0.5 } },
  not_measured: {
    latency: 'no clock in these records',
    approval: 'no gate in these records',
    economics: 'whatever it costs',
  },
  ranges: {},
  blast_radius: { max_fields: 2, max_decision: 1 },
  baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' },
})

async function stored(place: Workplace) {
  const store = openStore(place.store, { durable: false })
  await fixSplit(store, RECORDED)
  await stocked(store, world(), { pack, suite })
  await publishPrices(store, prices())
  store.close()
  return place.file('target.json', target)
}

/** A recorder that reads as deep as it is told, and finds the gold passage at rank six. */
const RECORDER = `
import { appendFileSync } from 'node:fs'
export async function record(recorded, settings) {
  const asked = recorded.messages[0].content
  appendFileSync(new URL('./calls.txt', import.meta.url), asked + '\\n')
  const depth = settings['${K}']
  const evidence = Array.from({ length: depth }, (_, i) => ({
    evidence_ref: 'ref' + (i + 1), bucket: 'orders', hop: 1, ranks: { as_ranked: i + 1 }, tokens: 100, gold: i === 5,
  }))
  return {
    offers: { orders: { depth, exhausted: false } },
    evidence,
    gold_not_offered: depth >= 6 ? 0 : 1,
    steps: [
      { kind: 'message', role: 'user', content: asked, tokens: null },
      { kind: 'model_call', model: 'large', prompt_tokens: 1400, completion_tokens: 50, latency_ms: 400 },
    ],
    outcome: {
      status: 'DECIDED', outputs: { refund: true }, passed: depth >= 6, score: null, score_kind: 'business',
      must_refuse: false, refused: false, latency_ms: 2000, cost_cents: null,
    },
  }
}
`

const place = placeOfEachTest()
const planFile = () => join(place.dir, 'plan.json')
const read = () => JSON.parse(readFileSync(planFile(), 'utf8')) as RecordingPlan
const makePlan = async (...more: string[]) => {
  const file = await stored(place)
  const made = await place.at('plan', '--target', file, '--out', planFile(), ...more)
  expect(made.err).toBe('')
  return { file, made }
}
const calls = () => {
  const file = join(place.dir, 'calls.txt')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
const record = (recorder: string, ...more: string[]) =>
  place.at('record', planFile(), '--with', `module:${place.file('recorder.mjs', recorder)}`, ...more)

/** Every run of a plan as a shadow would hand it over. */
const shadowed = (over: (run: ExperienceRun, i: number) => object = () => ({})) =>
  read().recordings.map(({ case_id }, i) => {
    const run: ExperienceRun = {
      ...shallow(case_id, 'search'),
      run_id: `shadow-${case_id}`,
      pack_version: null,
      settings: { [K]: DEEP },
      evidence: offersInOrder(DEEP).map((offer, at) => ({ ...offer, gold: at === 5 })),
      offers: { orders: { depth: DEEP, exhausted: false } },
      gold_not_offered: 0,
      outcome: { ...shallow(case_id, 'search').outcome, passed: true },
    }
    return { ...run, ...over(run, i) }
  }) as ExperienceRun[]

describe('plan', () => {
  test('says settings, cases, why so many, price and what is left out; writes the same bytes again; holds no sealed name', async () => {
    const { file, made } = await makePlan()
    expect(made.code).toBe(0)
    expect(made.out).toMatch('support.refund: 12 recordings under 1 settings table')
    expect(made.out).toMatch(
      /s1 {2}evidence\.orders\.top_k 8 {2}12 cases of 12 families; 14\.4 cents \(1\.2 each\), 12000 tokens \(1000 each\)/,
    )
    expect(made.out).toMatch('recorded evidence.orders.top_k: 1 .. 4 of every case, left out')
    expect(made.out).toMatch('a search judges a change on every case of its set (12 cases of 12 families)')
    expect(made.out).toMatch(/a question takes \d+ sealed families that are recorded so as well/)
    const plan = read()
    expect(plan).toMatchObject({ kind: 'recording_plan', search: { cases: 12, families: 12 }, pack: REFS.pack })
    expect(plan.settings).toMatchObject([{ change: { [K]: DEEP }, settings: { [K]: DEEP }, recordings: 12 }])
    expect(plan.recordings.map(({ case_id }) => case_id).every((id) => id.startsWith('s'))).toBe(true)
    const bytes = readFileSync(planFile(), 'utf8')
    expect(bytes.match(/\bh\d+\b|family-h/g)).toBeNull()
    const before = bytesOf(place.store)
    expect((await place.at('plan', '--target', file, '--out', planFile())).code).toBe(0)
    expect(readFileSync(planFile(), 'utf8')).toBe(bytes)
    expect(bytesOf(place.store)).toEqual(before)
  })

  test('a run says what it could not search, and so does its report', async () => {
    const file = await stored(place)
    const { out } = await place.at('run', '--target', file, '--run-id', 'r')
    expect(out).toMatch('evidence.orders.top_k 5 .. 8 not searched: 12 of 12 cases cannot be replayed')
    expect(out).toMatch('autotune plan says what it takes to record it')
    expect((await place.at('explain', 'r')).out).toMatch('top_k 5 .. 8 not searched')
    const html = join(place.dir, 'r.html')
    await place.at('report', 'r', '--out', html)
    expect(readFileSync(html, 'utf8')).toMatch('top_k 5 .. 8 not searched')
  })
})

describe('record', () => {
  test('needs a budget, and says it before the first call', async () => {
    await makePlan()
    const none = await record(RECORDER)
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('say how much it may spend')])
    const { code, out } = await record(RECORDER, '--calls', '5', '--concurrency', '1')
    expect(code).toBe(3)
    expect(out.indexOf('budget   5 recordings in all')).toBeLessThan(out.indexOf('made     5 recordings'))
    expect(out).toMatch('5 recordings were tried, which is the limit')
    expect(out).toMatch('5 of 12 recorded')
    expect(calls()).toHaveLength(5)
    // What a part of the cases is recorded under is searched on none, and the rest is said.
    const { out: ran } = await place.at('run', '--target', place.file('target.json', target), '--run-id', 'r')
    expect(ran).toMatch('evidence.orders.top_k 5 .. 8 not searched: 7 of 12 cases cannot be replayed')
  })

  test('goes on where it stopped, makes nothing twice, and a run then searches what it recorded', async () => {
    const { file } = await makePlan()
    await record(RECORDER, '--calls', '5', '--concurrency', '1')
    const { code, out } = await record(RECORDER, '--calls', '12')
    expect([code, out]).toEqual([0, expect.stringContaining('12 of 12 recorded')])
    expect(calls().length).toBe(12)
    expect(new Set(calls()).size).toBe(12)
    const again = await record(RECORDER, '--calls', '12')
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('made     0 recordings')])
    expect((await place.at('plan', '--target', file, '--out', join(place.dir, 'none.json'))).out).toMatch(
      'nothing is to be recorded',
    )
    const ran = await place.at('run', '--target', file, '--run-id', 'r', '--json')
    const summary = ran.json() as {
      verdict: string
      candidates: { patch: object; fate: string }[]
      reasons: string[]
      not_searched: string[]
      ledger: string | null
    }
    expect(summary.not_searched).toBeUndefined()
    expect(summary.candidates.find(({ patch }) => JSON.stringify(patch).includes('"to":8'))).toMatchObject({
      fate: 'committed',
    })
    // No sealed case was recorded so: nothing is asked whose answer is known.
    expect(summary.verdict).toBe('inconclusive')
    expect(summary.reasons.join()).toMatch(
      '12 of 12 search families have the first candidate from recordings that were made for a plan',
    )
    expect((await place.at('verify', 'r')).code).toBe(0)
  })

  test('stops before a recording might go beyond its cents', async () => {
    await makePlan()
    const { code, out } = await record(RECORDER, '--cents', '5', '--concurrency', '1')
    // 1.6 cents each.
    expect(code).toBe(3)
    expect(calls()).toHaveLength(3)
    expect(out).toMatch(/4\.8 of 5 cents are spent, and another recording may cost 1\.6/)
  })

  test.each([
    ['throws', `throw new Error('no route')`, /it threw Error: no route/],
    ['hangs', `await new Promise(() => setInterval(() => {}, 1000))`, /it gave no answer within 300 ms and was cut/],
    ['ends its process', `process.exit(7)`, /its process ended \(exit code 7\)/],
    ['returns nothing', `return null`, /what it returned is not valid/],
    [
      'returns a number that is none',
      `return { offers: {}, evidence: [], steps: [], outcome: { score: NaN } }`,
      /score: the number NaN/,
    ],
    [
      'answers another request',
      `return { offers: {}, evidence: [], steps: [{ kind: 'message', role: 'user', content: 'else', tokens: null }], outcome: ${JSON.stringify(shallow('s0', 'search').outcome)} }`,
      /steps: the user said "else"/,
    ],
  ])('a recorder that %s fails those cases, stops after five in a row, and stores nothing', async (_, body, says) => {
    await makePlan()
    const before = bytesOf(place.store).filter((file) => !file.includes('ledger'))
    const { code, out } = await record(
      `export async function record() { ${body} }`,
      '--calls',
      '12',
      '--concurrency',
      '1',
      '--limit-ms',
      '300',
    )
    expect(code).toBe(3)
    expect(out).toMatch(says)
    expect(out).toMatch('5 recordings failed one after the other')
    expect(bytesOf(place.store).filter((file) => !file.includes('ledger'))).toEqual(before)
  })

  test.each([
    ['no module', 'nothing', /exports no function named record/],
    ['a module that does not load', 'import "./none.mjs"', /it cannot be imported/],
  ])('%s is refused before anything is called', async (_, source, says) => {
    await makePlan()
    const { code, err } = await record(source === 'nothing' ? 'export const x = 1' : source, '--calls', '2')
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
  })

  test('killed in the middle, it keeps what was recorded and asks nothing twice', async () => {
    const { file } = await makePlan()
    const slow = RECORDER.replace('const depth', `await new Promise((done) => setTimeout(done, 150))\n  const depth`)
    const recorder = place.file('recorder.mjs', slow)
    const child = spawn(
      process.execPath,
      [
        'bin/autotune.mjs',
        'record',
        planFile(),
        '--with',
        `module:${recorder}`,
        '--calls',
        '12',
        '--concurrency',
        '1',
        '--store',
        place.store,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    const made = () =>
      existsSync(`${planFile()}.runs.jsonl`)
        ? readFileSync(`${planFile()}.runs.jsonl`, 'utf8').split('\n').length - 1
        : 0
    while (made() < 3) await new Promise((done) => setTimeout(done, 20))
    const beside = await record(slow, '--calls', '12')
    expect([beside.code, beside.err]).toEqual([
      2,
      expect.stringMatching(/this plan is being recorded: process .* Nothing was spent/),
    ])
    child.kill('SIGKILL')
    await new Promise((done) => child.once('exit', done))
    const kept = made()
    expect(kept).toBeLessThan(12)
    writeFileSync(`${planFile()}.runs.jsonl`, `${readFileSync(`${planFile()}.runs.jsonl`, 'utf8')}{"run_id": "torn`)
    const { code, out } = await record(slow, '--calls', '12')
    expect([code, out]).toEqual([0, expect.stringContaining('12 of 12 recorded')])
    expect((await place.at('verify')).code).toBe(0)
    expect((await place.at('plan', '--target', file, '--out', join(place.dir, 'none.json'))).out).toMatch(
      'nothing is to be recorded',
    )
    // The one that was under way when it was killed is asked again: its answer was never heard.
    expect(calls().length).toBeLessThanOrEqual(13)
    expect(new Set(calls()).size).toBe(12)
  }, 30_000)
})

test('a new prompt block: planned as it is handed over, recorded, and tried', async () => {
  const prompt = 'prompt.instruction_block'
  const settings = { [K]: 4, [prompt]: 'Be brief.' }
  const surface = { layer: 'prompt', field: 'instruction_block', path: prompt, intents: [INTENT], owner: 'o' }
  const bounds = { max_added_tokens: 50, max_changed_sentences: 3, forbidden_terms: [] }
  const store = openStore(place.store, { durable: false })
  await fixSplit(store, RECORDED)
  const runs = world().map((run) => ({ ...run, settings }))
  await stocked(store, runs, { pack: aPack({ settings, tunable_surfaces: [{ ...surface, bounds }] as never }), suite })
  await publishPrices(store, prices())
  store.close()
  const file = place.file('target.json', { ...target, search_space: [prompt] })
  const changes = place.file('changes.jsonl', JSON.stringify({ patch: { [prompt]: 'Be brief and kind.' } }))
  const bare = await place.at('plan', '--target', file, '--out', planFile())
  expect(bare.out).toMatch('a prompt block is planned as it is handed over (--candidates FILE)')
  expect((await place.at('plan', '--target', file, '--out', planFile(), '--candidates', changes)).code).toBe(0)
  expect(read().settings).toMatchObject([
    { change: { [prompt]: 'Be brief and kind.' }, settings: { [K]: 4 }, recordings: SEARCH },
  ])
  const before = await place.at('propose', changes, '--target', file)
  expect(before.out).toMatch('12 of 12 cases cannot be replayed: no recording under prompt.instruction_block')
  expect(before.out).toMatch(/^plan {5}.*plan --target .*target\.json --candidates .*changes\.jsonl/m)
  const kind = RECORDER.replace('passed: depth >= 6', `passed: settings['${prompt}'].includes('kind')`)
  expect((await record(kind, '--calls', '12')).code).toBe(0)
  const after = await place.at('propose', changes, '--target', file)
  expect([after.code, after.out]).toEqual([0, expect.stringContaining('WITHIN ALL LIMITS')])
})

test('what was recorded for a plan is of no production, and is erased with its case', async () => {
  await makePlan()
  await place.at('import', place.runs('all.jsonl', shadowed()), '--plan', planFile())
  const store = openStore(place.store, { durable: false })
  const { newest, undated } = await recordedDays(store, INTENT)
  expect([newest, undated]).toEqual(['2026-05-12', 0])
  expect(await linesByDay(store, INTENT, () => true)).toEqual(
    new Map([['2026-05-12', Array.from({ length: SEARCH }, () => expect.not.objectContaining({ planned: true }))]]),
  )
  store.close()
  const erased = await place.at(
    'erase',
    's3',
    '--reason',
    'asked for it',
    '--person',
    'ana@example.com',
    '--yes',
    '--json',
  )
  expect(erased.json()).toMatchObject({ runs: 2 })
  expect((await place.at('case', 's3')).code).toBe(2)
  expect((await place.at('case', 's4')).out).toMatch('shadow-s4')
  expect((await place.at('verify')).code).toBe(0)
})

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
