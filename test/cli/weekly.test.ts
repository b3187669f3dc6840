/** `autotune cadence weekly`: the funnel over runs, reviews and rollouts, weeks that follow each other, and what is refused. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { IntentMonth } from '#core/cadence/month.ts'
import { digestOfBytes } from '#core/canonical.ts'
import type { Store } from '#ports'
import { PartProposalFile } from '#schemas/part-proposal.ts'
import type { FunnelEntry, WeeklyCadence } from '#schemas/weekly.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { weekNotice } from '../../functions/lambda/look-notice.ts'
import { weekToReview } from '../../functions/steps/cadence/weekly.ts'
import { publishDocument } from '../../functions/steps/experience/documents.ts'
import { filePart } from '../../functions/steps/release/file-part.ts'
import { baselineOnly } from '../../functions/steps/replay/reproduce.ts'
import { decideAtTerminal } from '../../functions/steps/review/answer.ts'
import { openRunReview } from '../../functions/steps/review/opening.ts'
import { someBands } from '../core/cadence/builders.ts'
import { aConfig, SUBJECTS } from '../core/release/builders.ts'
import { approve, at, certified, forward, reviewed, start, TO_RELEASE } from '../steps/release/support.ts'
import { stocked } from '../steps/stores.ts'
import { theBands } from '../support/bands.ts'
import { aPartFile, aWorld, INTENT, REFS } from '../support/builders.ts'
import { autotune, type Printed, placeOfEachTest, type Workplace, workplace } from './command-line.ts'

const place = placeOfEachTest()

/** A run of 2 March that is approved on the 4th and starts its rollout on the 6th, which is released in the weeks after. */
let made: Workplace
beforeAll(async () => {
  made = workplace()
  made.file('bands.json', someBands([INTENT]))
  const store = openStore(made.store, { durable: false })
  try {
    await certified(at(store, '2025-03-02T10:00:00.000Z'))
    await approve(at(store, '2025-03-04T10:00:00.000Z'), 'r')
    const started = at(store, '2025-03-06T10:00:00.000Z')
    const config = aConfig({ subjects: SUBJECTS })
    const metric = 'economics_tokens_per_decision'
    await start(started, { config: { ...config, window: { ...config.window, metric, min_gain: 0 } } })
    await forward(started, TO_RELEASE)
  } finally {
    store.close()
  }
})
afterAll(() => made.dispose())
beforeEach(() => cpSync(made.dir, place.dir, { recursive: true }))

const bands = (): string => join(place.dir, 'bands.json')
const weekly = (...argv: string[]): Promise<Printed> => place.at('cadence', 'weekly', '--bands', bands(), ...argv)
const week = async (date: string): Promise<WeeklyCadence> => {
  const { code, err, json } = await weekly('--date', date, '--json')
  expect([code, err]).toEqual([0, ''])
  return (json() as { week: WeeklyCadence }).week
}
const entry = async (date: string): Promise<FunnelEntry> => (await week(date)).intents[0]!.funnel.entries[0]!
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const file = (date: string): string => join(place.store, 'cadence/weekly', `${date}.json`)

/** Files another version of the policy, on which reviewers decide: all of them, or the first who rejects it with a reason. */
async function decidedPart(store: Store, rejected: string | null): Promise<string> {
  await publishDocument(store, { ref: REFS.policy, text: 'old' })
  await publishDocument(store, { ref: 'policy.returns@1.1.0', text: 'new' })
  const to = { to: 'policy.returns@1.1.0', digest: digestOfBytes('new') }
  const { proposal } = await filePart(store, PartProposalFile.parse(aPartFile(to)))
  const id = proposal.tuning_proposal_id
  const seats = ['policy', 'reliability', 'domain_owner'].map((role, i) => ({ role, reviewer: `person${i}` }))
  let nonces = 0
  const options = { runId: id, seats, expiresHours: 72, nonce: () => `${nonces++}`.padStart(32, '0') }
  await openRunReview(store, baselineOnly(store) as never, options)
  const decision = rejected === null ? 'approved' : 'rejected'
  for (const seat of rejected === null ? seats : seats.slice(0, 1))
    await decideAtTerminal(store, id, { ...seat, decision, reason: rejected, shown: null })
  return id
}

describe('a week', () => {
  test('says of every proposal how far it came by its last day, also where more is on record', async () => {
    expect(await entry('2025-03-03')).toMatchObject({ run_id: 'r', stands: 'no_review', gain: null })
    expect(await entry('2025-03-05')).toMatchObject({ stands: 'waits_for_rollout', at: { released: null } })
    expect(await entry('2025-03-06')).toMatchObject({ stands: 'in_rollout' })
    const released = await entry('2025-12-31')
    expect(released).toMatchObject({ stands: 'kept', at: { approved: expect.stringContaining('2025-03-04') } })
    expect(released.gain).toMatchObject({
      predicted: expect.any(Number),
      measured: expect.any(Number),
      period: '100%',
    })
  })

  test('follows the one before, and is kept once', async () => {
    expect(await week('2025-03-03')).toMatchObject({ from: '2025-02-25', prior: null })
    const kept = readFileSync(file('2025-03-03'), 'utf8')
    expect(await week('2025-03-12')).toMatchObject({ from: '2025-03-04', prior: expect.stringContaining('sha256:') })
    const again = await weekly('--date', '2025-03-03')
    expect([again.code, again.out]).toEqual([0, expect.stringMatching(/^looked at before: .* 2025-03-10\n/)])
    expect(readFileSync(file('2025-03-03'), 'utf8')).toBe(kept)
  })

  test('names an approved change that waits for a rollout with the command that starts it', async () => {
    const { out } = await weekly('--date', '2025-03-05')
    expect(out).toContain('r: approved, and no rollout was started')
    expect(out).toMatch(/start +.*rollout start r --config rollout.json --store /)
    expect(out).toMatch(/approved +1 +1 +2\n/)
    expect(out.split('\n').length).toBeLessThan(24)
    expect(out).not.toContain('later')
  })

  test('names a run that ended behind its last day, which counts in the next one', async () => {
    const { out } = await weekly('--date', '2025-03-01')
    expect(out).toMatch(/later +r ended certified on 2025-03-02: it counts in the next week/)
  })

  test('starts it where that is asked for, and says what stands against another', async () => {
    const other = workplace()
    try {
      const store = openStore(other.store, { durable: false })
      await certified(at(store, '2025-03-02T10:00:00.000Z'))
      await approve(at(store, '2025-03-04T10:00:00.000Z'), 'r').finally(() => store.close())
      const config = other.file('rollout.json', aConfig({ subjects: SUBJECTS }))
      const argv = ['cadence', 'weekly', '--bands', bands(), '--date', '2025-03-05', '--promote']
      expect((await other.at(...argv, bands())).err).toMatch(/bands.json/)
      expect((await other.at(...argv, config)).out).toContain('started  rollout ro_r of r')
      expect((await other.at('rollout', 'list')).out).toContain('ro_r')
      expect((await other.at(...argv, config, '--json')).json()).toMatchObject({ promoted: [] })
    } finally {
      other.dispose()
    }
  })

  test('names and starts an approved part that waits, too, also where only the funnel of runs is empty', async () => {
    const other = workplace()
    try {
      const store = openStore(other.store, { durable: false })
      await stocked(store, aWorld({ search: 6, heldout: 100 }))
      const id = await decidedPart(at(store, '2025-03-04T10:00:00.000Z'), null).finally(() => store.close())
      const config = other.file('rollout.json', aConfig({ subjects: SUBJECTS }))
      const argv = ['cadence', 'weekly', '--bands', bands(), '--date', '2025-03-05']
      const first = await other.at(...argv)
      expect(first.out).toContain(`rollout start ${id} --config rollout.json`)
      expect(weekNotice(readJson(join(other.store, 'cadence/weekly/2025-03-05.json')))!.message).toContain(
        `${id} is approved, not certified by replay, and waits for its rollout`,
      )
      expect((await other.at(...argv, '--promote', config)).out).toMatch(new RegExp(`started +rollout \\S+ of ${id}`))
      expect((await other.at('rollout', 'list')).out).toContain(id)
    } finally {
      other.dispose()
    }
  })

  test('shows what production measured beside what was predicted, and not measured as such', async () => {
    expect((await weekly('--date', '2025-12-31')).out).toMatch(
      /gain +r: economics_tokens_per_decision predicted \S+ tokens, measured \S+ in 100%/,
    )
    rmSync(join(place.store, 'production'), { recursive: true, force: true })
    rmSync(join(place.store, 'releases/production'), { recursive: true, force: true })
    expect((await weekly('--date', '2026-01-07')).out).toContain('not measured in production')
  })
})

test('candidates stand by what made them, and surfaces to retire are written as a proposal that goes through review', async () => {
  const { origins, surfaces, retire } = (await week('2025-03-05')).intents[0]!
  expect(origins).toMatchObject([{ origin: 'search', runs: 1, fates: { won: 1 }, last_certified: '2025-03-02' }])
  expect([surfaces, retire]).toEqual([1, []])
  const folder = join(place.dir, 'proposals')
  expect((await weekly('--date', '2025-03-05', '--retire', folder, '--json')).json()).toMatchObject({ proposals: [] })
  // A week that says so: the file is what is tried here, not how it came to be.
  const path = file('2025-03-05')
  const before = readFileSync(path, 'utf8')
  const reasons = [{ why: 'inert', says: 'no value of it changed anything' }]
  const { pack } = readJson(join(place.store, 'autotune/runs/r/target.json')).target.baseline_tuple
  const said = { path: 'evidence.orders.top_k', pack, reasons, runs: 2, fates: { inert: 2 } }
  writeFileSync(path, before.replace('"retire":[]', `"retire":[${JSON.stringify(said)}]`))
  const { out } = await weekly('--date', '2025-03-05', '--retire', folder)
  writeFileSync(path, before)
  const proposal = join(folder, `retire-${INTENT}.json`)
  expect(out).toContain(`written  ${proposal}: `)
  expect(JSON.parse(readFileSync(proposal, 'utf8'))).toMatchObject({
    kind: 'part_release',
    part: 'pack',
    retire_surfaces: ['evidence.orders.top_k'],
    reason: 'evidence.orders.top_k: no value of it changed a context, an action or a decision in two quarters',
  })
  const filed = await place.at('propose', proposal)
  // The change of this week was released since: who proposes on the tuple before it is told so.
  expect([filed.code, filed.err]).toEqual([2, expect.stringContaining('this proposal cannot be filed')])
})

describe('report --intent', () => {
  const report = (...argv: string[]): Promise<Printed> => place.at('report', '--intent', INTENT, ...argv)
  const html = (): string => join(place.dir, 'month.html')

  test('tells a month with its releases, funnel, ledger and the error budget, on the terminal, as JSON and as a file', async () => {
    const own = place.file('own.json', theBands())
    const daily = await place.at('cadence', 'daily', '--bands', own, '--date', '2025-03-20', '--no-runs')
    expect([daily.code, daily.err]).toEqual([0, ''])
    await week('2025-03-20')
    expect((await weekly('--date', '2025-03-27')).code).toBe(0)
    const { code, out } = await report('--month', '2025-03')
    expect([code, out]).toEqual([
      0,
      expect.stringContaining(`${INTENT}, March 2025: Nothing was measured on 1 judged day`),
    ])
    expect(out).toMatch(/released +2025-03-\d\d {2}released ctxpack.support@\S+ \(ro_r\)/)
    expect(out).toMatch(/adoption +1 proposed -> 1 certified -> 1 approved -> 1 released -> 0 kept, until 2025-03-27/)
    expect(out).toMatch(/ledger +1 question asked of 1 sealed version\nyear +0\.05 spent/)
    const month = (await report('--json')).json() as IntentMonth
    expect(month).toMatchObject({ report: 'intent-month.v1', month: '2025-03', marks: [{ what: 'released' }] })
    expect(month.ledger[0]).toMatchObject({ used: 1, asked: [{ run_id: 'r', answer: true, day: '2025-03-02' }] })
    expect((await report('--html', html())).out).toMatch(/^wrote .*month.html \(\d+ kB\): Nothing was measured/)
    const page = readFileSync(html(), 'utf8')
    expect(page).toContain('2025-03-02 by r: yes')
    expect((await report('--html', html())).err).toContain('Choose another --html')
    expect((await report('--redact', '--json')).json()).toMatchObject({
      week: { funnel: { entries: [{ stands: 'in_thirty_days', says: 'in thirty days' }] } },
    })
  })

  test.each([
    [['--month', '2025-13'], /"2025-13" is no month: write it as 2026-11/],
    [['--month', '9999-12'], /is no month/],
    [['r'], /"r" and --intent are two reports/],
    [['--out', 'x.html'], /--out is of a run or rollout/],
  ] as const)('refuses %j in words', async (argv, says) => {
    expect(await report(...argv)).toMatchObject({ code: 2, err: expect.stringMatching(says) })
  })

  test('refuses what names no report, an intent that no pack has, and a run of a deployment', async () => {
    expect((await place.at('report')).err).toContain('name a run or rollout, or an intent with --intent')
    expect((await place.at('report', 'r', '--month', '2025-03')).err).toContain('--month is of an intent')
    expect((await place.at('report', '--intent', 'supprt')).err).toContain(`it has ${INTENT}`)
    expect((await autotune('report', 'r', '--stack', 'Autotune')).err).toContain('works on a folder')
  })
})

describe('what there is to seal anew', () => {
  test('is told from days after the last question, with the families that people opened', async () => {
    expect((await week('2025-03-05')).intents[0]!.refresh).toEqual({
      questions_left: 0,
      last_question: '2025-03-02',
      waiting: 0,
      fresh: 0,
      burnt: 0,
    })
    const more = aWorld({ search: 0, heldout: 102 })
      .slice(-2)
      .map((run, n) => ({ ...run, date: n === 1 ? '2025-03-02' : '2025-03-03' }))
    expect((await place.at('import', place.runs('more.jsonl', more), '--split', 'recorded')).err).toBe('')
    expect((await place.at('case', 's0', '--by', 'ana')).out).toMatch(/opened +by ana on .*: noted, so that/)
    expect((await place.at('case', 's0', '--by', 'ben', '--json')).json()).toMatchObject({ opened: { by: 'ben' } })
    expect((await place.at('case', 'h0')).code).toBe(2)
    const { refresh } = (await week('2025-03-12')).intents[0]!
    expect(refresh).toMatchObject({ waiting: 2, fresh: 1, burnt: 1 })
    expect((await weekly('--date', '2025-03-12')).out).toMatch(
      /held-out +0 questions left, last asked on 2025-03-02; 2 held-out families wait, 1 recorded after it; 1 search/,
    )
    expect((await place.at('verify', '--cadence', '2025-03-12', '--bands', bands())).code).toBe(0)
  })

  test('a name that is none is refused before the case is shown', async () => {
    expect(await place.at('case', 's0', '--by', ' ')).toMatchObject({ code: 2, out: '' })
  })
})

describe('verify --cadence', () => {
  const verify = (date: string, ...argv: string[]) => place.at('verify', '--cadence', date, ...argv)

  test('recomputes a week, also when more came after it', async () => {
    await week('2025-03-05')
    await week('2025-03-12')
    for (const date of ['2025-03-05', '2025-03-12']) {
      const { code, out } = await verify(date, '--bands', bands())
      expect([code, out]).toEqual([0, expect.stringMatching(/^reproducible: week until .* recomputed/)])
    }
    expect((await verify('2025-03-12')).out).toMatch(/^reproducible.*chain only/)
  })

  test.each([
    ['where a proposal stands', '2025-03-12', '"in_rollout"', '"kept"', /what it says of run r is not/],
    ['a count', '2025-03-12', '"ended":1', '"ended":2', /its counts are not/],
    ['the week before', '2025-03-05', '"ended":1', '"ended":3', /does not follow the week until 2025-03-05/],
  ])('names what differs where %s was changed', async (_, changed, was, is, says) => {
    await week('2025-03-05')
    await week('2025-03-12')
    writeFileSync(file(changed), readFileSync(file(changed), 'utf8').replaceAll(was, is))
    const { code, out } = await verify('2025-03-12', '--bands', bands())
    expect([code, out]).toEqual([2, expect.stringMatching(/^NOT REPRODUCIBLE/)])
    expect(out).toMatch(says)
  })

  test('words that tell of an erased run go, and both weeks still verify', async () => {
    const other = workplace()
    try {
      const store = openStore(other.store, { durable: false })
      const then = at(store, '2025-03-04T10:00:00.000Z')
      await certified(at(store, '2025-03-02T10:00:00.000Z'))
      await reviewed(then, 'r')
      const no = { role: 'policy', reviewer: 'ben', decision: 'rejected', reason: 's3: drops the receipt' } as const
      await decideAtTerminal(then, 'r', { ...no, shown: null }).finally(() => store.close())
      const on = (date: string) => other.at('cadence', 'weekly', '--bands', bands(), '--date', date)
      expect((await on('2025-03-05')).out).toContain('r: rejected by policy: s3: drops the receipt')
      await on('2025-03-12')
      await other.at('erase', 's3', '--reason', 'request 1', '--person', 'ana@example.com', '--yes')
      for (const date of ['2025-03-05', '2025-03-12']) {
        expect(readFileSync(join(other.store, 'cadence/weekly', `${date}.json`), 'utf8')).not.toContain('receipt')
        const { code, out } = await other.at('verify', '--cadence', date, '--bands', bands())
        expect([code, out]).toEqual([0, expect.stringMatching(/^reproducible: week/)])
      }
      expect((await other.at('verify')).out).not.toContain('cadence/')
      rmSync(join(other.store, 'cadence/weekly/2025-03-12.json'))
      expect((await other.at('verify')).out).toContain('cadence/weekly/2025-03-12.json is missing: it was kept')
      expect((await on('2025-03-12')).err).toContain('2025-03-12.json stands in the journal of heads, and is gone')
    } finally {
      other.dispose()
    }
  })

  test('words about a part that tell of an erased run go too, and a changed one is named by its proposal', async () => {
    const other = workplace()
    try {
      const store = openStore(other.store, { durable: false })
      await certified(at(store, '2025-03-02T10:00:00.000Z'))
      const then = at(store, '2025-03-04T11:00:00.000Z')
      const id = await decidedPart(then, 's3: drops the receipt').finally(() => store.close())
      const kept = join(other.store, 'cadence/weekly/2025-03-05.json')
      await other.at('cadence', 'weekly', '--bands', bands(), '--date', '2025-03-05')
      expect(readJson(kept).intents[0].funnel.not_certified_by_replay.entries).toMatchObject([
        { run_id: id, says: 'rejected by policy: s3: drops the receipt' },
      ])
      await other.at('erase', 's3', '--reason', 'request 1', '--person', 'ana@example.com', '--yes')
      expect(readFileSync(kept, 'utf8')).not.toContain('receipt')
      const check = async () => (await other.at('verify', '--cadence', '2025-03-05', '--bands', bands())).out
      expect(await check()).toMatch(/^reproducible: week/)
      writeFileSync(kept, readFileSync(kept, 'utf8').replace('"stands":"rejected"', '"stands":"in_review"'))
      expect(await check()).toContain(`what it says of proposal ${id} is not what its records come to`)
    } finally {
      other.dispose()
    }
  })

  test('a week that cannot be read is named, whatever is asked of it', async () => {
    await week('2025-03-05')
    writeFileSync(file('2025-03-05'), readFileSync(file('2025-03-05'), 'utf8').replace('"funnel":', '"funnels":'))
    for (const asked of [
      await verify('2025-03-05'),
      await weekly('--date', '2025-03-05'),
      await weekly('--date', '2025-03-12'),
    ])
      expect([asked.code, asked.err]).toEqual([
        2,
        expect.stringMatching(/weekly\/2025-03-05.json of this store is damaged: intents\[0\]\.funnel: is missing/),
      ])
  })

  test('says of a date on which nothing was kept what to do, and of other bands that they are others', async () => {
    expect((await verify('2025-03-04')).err).toMatch(/2025-03-04 was not judged, and no week .* ends on it/)
    await week('2025-03-05')
    place.file('bands.json', someBands([INTENT], { cooldown_days: 99 }))
    expect((await verify('2025-03-05', '--bands', bands())).out).toContain('it was looked at by other bands')
  })
})

describe('what cannot be looked at is refused, and nothing is written', () => {
  test.each([
    ['a day that is not over', '2999-01-01', /2999-01-01 is not over yet: the last day that is over is/],
    ['a day before a week that was looked at', '2025-03-01', /2025-03-01 lies before 2025-03-05/],
    ['no day', 'tuesday', /"tuesday" is no day/],
  ])('%s', async (_, date, says) => {
    await week('2025-03-05')
    const before = place.listing()
    const { code, err } = await weekly('--date', date)
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })

  test('a clock that was set back; and the next week is due seven days after the last', () => {
    const now = '2025-03-12T01:00:00.000Z'
    expect(() => weekToReview(['2025-03-20'], now, null)).toThrow(/the clock was set back/)
    expect(() => weekToReview(['2024-03-04'], now, null)).toThrow(/372 days lie between .*did the clock jump/)
    expect(weekToReview(['2024-03-04'], now, '2025-03-11')).toBe('2025-03-11')
    expect(weekToReview([], now, null)).toBe('2025-03-11')
    expect(weekToReview(['2025-03-05'], now, null)).toBeNull()
    expect(weekToReview(['2025-03-04'], now, null)).toBe('2025-03-11')
  })
})
