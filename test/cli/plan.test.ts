/** `plan`: what would have to be recorded, and what its recordings are to the rest of a store. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { planLines } from '../../functions/cli/text-plan.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { recordedDays } from '../../functions/steps/cadence/recorded-days.ts'
import { linesByDay } from '../../functions/steps/cadence/slice-rows.ts'
import type { MadePlan } from '../../functions/steps/plan/make-plan.ts'
import { aPack, INTENT, modelCall, offersInOrder, REFS, said } from '../support/builders.ts'
import { bytesOf } from './command-line.ts'
import { DEEP, K, planPlace, RECORDER, SEARCH, shallow, stored, target, world } from './plan-world.ts'

const { place, planFile, read, makePlan, record, shadowed } = planPlace()

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
    expect(made.out).not.toMatch(/^SMALL/m)
    const told = (await place.at('plan', '--target', file, '--out', planFile(), '--json')).json() as MadePlan
    const small = planLines({ ...told, plan: { ...told.plan!, needed_families: 299 } }).join('\n')
    expect(small).toMatch(/^SMALL {4}12 search families of the 299 that a question takes: .* Import more runs/m)
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
    expect(out).toMatch(
      `autotune plan says what it takes to record it: npm run -s autotune -- plan --target ${file} --store`,
    )
    expect((await place.at('explain', 'r')).out).toMatch('top_k 5 .. 8 not searched')
    const html = join(place.dir, 'r.html')
    await place.at('report', 'r', '--out', html)
    expect(readFileSync(html, 'utf8')).toMatch('top_k 5 .. 8 not searched')
  })
})

test('a new prompt block: planned as it is handed over, recorded, and tried', async () => {
  const prompt = 'prompt.instruction_block'
  const settings = { [K]: 4, [prompt]: 'Be brief.' }
  const surface = { layer: 'prompt', field: 'instruction_block', path: prompt, intents: [INTENT], owner: 'o' }
  const bounds = { max_added_tokens: 50, max_changed_sentences: 3, forbidden_terms: [] }
  const runs = world().map((run) => ({ ...run, settings }))
  await stored(place, runs, aPack({ settings, tunable_surfaces: [{ ...surface, bounds }] as never }))
  const file = place.file('target.json', { ...target, search_space: [prompt] })
  const changes = place.file('changes.jsonl', JSON.stringify({ patch: { [prompt]: 'Be brief and kind.' } }))
  const bare = await place.at('plan', '--target', file, '--out', planFile())
  expect(bare.out).toMatch('a prompt block is planned as it is handed over (--candidates FILE)')
  const handedOver = await place.at('plan', '--target', file, '--out', planFile(), '--candidates', changes)
  expect([handedOver.code, handedOver.out]).toEqual([0, expect.not.stringContaining('left out prompt')])
  const searched = await place.at('run', '--target', file)
  expect(searched.out).toMatch(`${prompt} not searched: a prompt block is tried as a hand-written change`)
  expect((await place.at('doctor', '--target', file)).out).toMatch('0 changes: nothing in it is searched')
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

test('an agent is told the label of what was served, and which run was recorded for a plan', async () => {
  const { file } = await makePlan()
  expect((await record(RECORDER, '--calls', '12')).code).toBe(0)
  const out = join(place.dir, 'for-agent')
  expect((await place.at('brief', '--target', file, '--out', out)).code).toBe(0)
  const rows = readFileSync(join(out, 'cases.jsonl'), 'utf8').trim().split('\n')
  const [row] = rows.map((line) => JSON.parse(line) as { file: string })
  expect(row).toMatchObject({ case_id: 's0', runs: 2, passed: false, date: '2026-05-12' })
  const { runs } = JSON.parse(readFileSync(join(out, row!.file), 'utf8')) as { runs: object[] }
  expect(runs).toEqual([expect.not.objectContaining({ planned: true }), expect.objectContaining({ planned: true })])
})

test('recordings of several families that say the same make none one family with another', async () => {
  const asked = (name: string, side: 'search' | 'heldout') => ({
    ...shallow(name, side),
    steps: [said('user', 'where is it?'), modelCall()],
    evidence: offersInOrder(4).map((offer) => ({ ...offer, evidence_ref: `${name}-${offer.evidence_ref}` })),
  })
  const file = await stored(place, [asked('s0', 'search'), asked('s1', 'search'), asked('h0', 'heldout')])
  await place.at('plan', '--target', file, '--out', planFile())
  // Word for word the same of both.
  expect((await record(RECORDER, '--calls', '2')).out).toMatch('2 of 2 recorded')
  const { out } = await place.at('plan', '--target', file, '--out', join(place.dir, 'none.json'), '--json')
  expect(JSON.parse(out)).toMatchObject({ plan: null, search: { families: 2, cases: 2 } })
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
  const again = await place.at('import', place.runs('again.jsonl', shadowed()), '--plan', planFile())
  expect([again.code, again.err]).toEqual([
    2,
    expect.stringMatching(/case_id.*"s3" is not on the search side any more as it was when the plan was made/),
  ])
  const left = shadowed().filter(({ case_id }) => case_id !== 's3')
  const { out } = await place.at('import', place.runs('left.jsonl', left), '--plan', planFile())
  expect(out).toMatch(
    /stored 0 runs \(11 were there already\).*\n11 of 12 recorded; gone or changed since it was made: 1 of its cases/,
  )
  expect((await place.at('case', 's4')).out).toMatch('shadow-s4')
  expect((await place.at('verify')).code).toBe(0)
})
