/** Reviews over a store: opening, links, lost writes, refused attempts, expiry, rejection memory. */
import { beforeEach, describe, expect, test } from 'vitest'
import { reviewProblems } from '#core/review/review.ts'
import type { Store } from '#ports'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { baselineOnly } from '../../../functions/steps/replay/reproduce.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { answerRequest, decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { reviewLinks } from '../../../functions/steps/review/notice.ts'
import { type OpenRequest, openRunReview } from '../../../functions/steps/review/opening.ts'
import { expireIfDue, latestReview, readReview } from '../../../functions/steps/review/reviews.ts'
import { shownOf } from '../../../functions/steps/review/shown.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { readJson, readText } from '../../../functions/streams/read-object.ts'
import { macHolds, sign } from '../../core/review/builders.ts'
import { readAttempts } from '../../support/attempts.ts'
import { aTarget, aWorld } from '../../support/builders.ts'
import { desk, inProcess } from '../../support/harness-engine.ts'
import { holder, memory, memoryOf, run, stocked } from '../stores.ts'

const ORIGIN = 'http://127.0.0.1:8080'
const code = {
  key: 'test',
  sign: async (text: string) => sign(text),
  holds: async (text: string, mac: string) => macHolds(text, mac),
}
const SEATS = [
  { role: 'reliability', reviewer: 'ana' },
  { role: 'policy', reviewer: 'ben' },
  { role: 'domain_owner', reviewer: 'cleo' },
]
const target = aTarget({
  release_path: { ...aTarget().release_path!, requires_reviewers: SEATS.map((s) => s.role) },
})

let store: Store
let nonces = 0
const open = (over: Partial<OpenRequest> = {}) =>
  openRunReview(store, transcriptEngine(), {
    runId: 'r',
    seats: SEATS,
    expiresHours: 72,
    nonce: () => (nonces++).toString(16).padStart(32, '0'),
    ...over,
  })
const tokens = async () => {
  const links = await reviewLinks((await latestReview(store, 'r'))!.review, code)
  return Object.fromEntries(links.map((l) => [l.role, l.token])) as Record<string, string>
}
const get = (token: string, over: object = {}) =>
  answerRequest(
    store,
    code,
    { method: 'GET', origin: null, sec_fetch_site: null, content_type: null, body: null, ...over },
    { token, origin: ORIGIN, action: `/review/${token}` },
  )
const post = async (token: string, fields: Record<string, string> = {}, over: object = {}) =>
  get(token, {
    method: 'POST',
    origin: ORIGIN,
    content_type: 'application/x-www-form-urlencoded',
    body: new URLSearchParams({
      decision: 'approved',
      confirm: 'yes',
      reason: '',
      shown_digest: (await latestReview(store, 'r'))!.review.shown_digest,
      ...fields,
    }).toString(),
    ...over,
  })
const rejections = async () => {
  const pinned = (await readJson<AutotuneRun>(store.objects, keys.autotuneRun('r', 'target.json')))!
  return await memoryOf(store, pinned)
}

beforeEach(async () => {
  store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  expect((await run(store, { target, runId: 'r' })).verdict).toBe('certified')
})

describe('opening', () => {
  test('shows the baseline in the plot and its replay, and again gives the same review', async () => {
    const first = await open()
    expect(first.review).toMatchObject({ status: 'open', revision: 0, requires: SEATS.map((s) => s.role) })
    const page = await get((await tokens()).policy!)
    expect(page).toMatchObject({ status: 200, write: null, attempt: null })
    expect(page.body).toContain('<svg')
    expect(await open()).toEqual(first)
    expect(await open({ seats: [] })).toEqual(first)
  })

  test('is refused where nothing could come of it, with nothing written', async () => {
    await expect(open({ runId: 'nope' })).rejects.toThrow('no finished run "nope"')
    await expect(open({ runId: '../r' })).rejects.toThrow('no finished run')
    await expect(open({ seats: [] })).rejects.toThrow('required are reliability, policy, domain_owner')
    await expect(open({ seats: SEATS.slice(1) })).rejects.toThrow('reliability: no distinct reviewer')
    await expect(open({ seats: SEATS.map((s) => ({ ...s, reviewer: 'ana' })) })).rejects.toThrow('no distinct reviewer')
    await expect(open({ seats: [...SEATS, { role: 'policy', reviewer: 'refunds' }] })).rejects.toThrow('owns')
    expect(await latestReview(store, 'r')).toBeNull()
  })

  test('is refused for files that are no longer the run’s', async () => {
    const key = keys.autotuneRun('r', 'selected-proposal.json')
    await store.objects.put(key, (await readText(store.objects, key))!.replace('"refunds"', '"mallory"'))
    await expect(open()).rejects.toThrow('selected-proposal.json of run r was changed')
  })

  test('is refused with other seats while one is open', async () => {
    await open()
    const others = SEATS.map((s) => (s.role === 'policy' ? { ...s, reviewer: 'zoe' } : s))
    await expect(open({ seats: others })).rejects.toThrow('is open until')
  })

  test('at once from two sides makes one review', async () => {
    const [a, b] = await Promise.all([open(), open()])
    expect(a).toEqual(b)
  })
})

describe('deciding', () => {
  test('takes every role once, also when all decide at once, and approves with the last', async () => {
    await open()
    const links = await tokens()
    const replies = await Promise.all(Object.values(links).map((token) => post(token)))
    expect(replies.map((r) => r.status)).toEqual([303, 303, 303])
    const { review } = (await latestReview(store, 'r'))!
    expect(review).toMatchObject({ status: 'approved', revision: 3 })
    expect(reviewProblems(review)).toEqual([])
    expect(await rejections()).toEqual([])
  })

  test('of a proposal that changed since is refused and recorded', async () => {
    const { review } = await open()
    const key = keys.autotuneRun('r', 'selected-proposal.json')
    const text = (await readText(store.objects, key))!
    const token = (await tokens()).policy!
    for (const edited of [text.replace('"refunds"', '"mallory"'), '{"half": ', 'null']) {
      await store.objects.put(key, edited)
      expect((await post(token)).status).toBe(409)
    }
    const vote = { role: 'policy', reviewer: 'ben', decision: 'approved', reason: null, shown: null } as const
    await expect(decideAtTerminal(store, 'r', vote)).rejects.toThrow('no longer the one')
    await expect(open()).rejects.toThrow('no longer the ones under review')
    expect((await latestReview(store, 'r'))!.review.revision).toBe(0)
    const attempts = await readAttempts(store, review.review_id)
    expect(attempts.map((a) => a.refused)).toEqual(['changed', 'changed', 'changed', 'changed'])
    expect(attempts.map((a) => a.reviewer)).toEqual(['ben', 'ben', 'ben', null])
  })

  test('of edited evidence is refused', async () => {
    const { review, evidence } = await open()
    const key = keys.reviewEvidence(review.review_id, evidence)
    await store.objects.put(key, (await readText(store.objects, key))!.replace('"regressions":[', '"regressions":[ 1,'))
    expect((await post((await tokens()).policy!)).status).toBe(409)
  })

  test('with a link of an earlier review is refused and recorded', async () => {
    await open({ expiresHours: 1 / 3600 / 10 })
    const old = (await latestReview(store, 'r'))!
    const token = (await reviewLinks(old.review, code))[0]!.token
    const next = await open()
    expect(next.review.review_id).not.toBe(old.review.review_id)
    expect((await readReview(store, old.review.review_id))!.review.status).toBe('expired')
    expect((await post(token)).status).toBe(409)
    expect(next).toEqual(await latestReview(store, 'r'))
    expect((await readAttempts(store, old.review.review_id)).map((a) => a.refused)).toEqual(['closed'])
  })

  test('gives up on a table that never takes a write', async () => {
    await open()
    const token = (await tokens()).policy!
    store = { ...store, table: { ...store.table, update: async () => false } }
    await expect(post(token)).rejects.toThrow('written by others')
  })
})

describe('an end', () => {
  test('by rejection is remembered by the next run, with the reviewer’s words', async () => {
    await open()
    const links = await tokens()
    expect((await post(links.policy!, { decision: 'rejected', reason: 'hides old orders' })).status).toBe(303)
    expect((await latestReview(store, 'r'))!.review.status).toBe('rejected')
    expect(await rejections()).toMatchObject([{ source: 'reviewer', reason: 'ben as policy: hides old orders' }])
    expect((await post(links.reliability!)).status).toBe(409)
    expect((await open()).review.status).toBe('rejected')
  })

  test('by rejection is remembered also when the process died before it wrote the memory', async () => {
    await open()
    const token = (await tokens()).policy!
    const { create } = store.table
    const whole = store
    const table = { ...store.table, create: () => Promise.reject(new Error('killed')) as ReturnType<typeof create> }
    store = { ...store, table }
    await expect(post(token, { decision: 'rejected', reason: 'hides old orders' })).rejects.toThrow('killed')
    store = whole
    expect(await rejections()).toEqual([])
    await open({ seats: [] })
    expect(await rejections()).toHaveLength(1)
  })

  test('by time is expired, not approved, and only once time is over', async () => {
    const item = await open({ expiresHours: 1 })
    expect(await expireIfDue(store, item)).toEqual(item)
    const token = (await tokens()).policy!
    const late = { ...store, clock: { now: () => item.review.expires_at } }
    store = late
    expect((await post(token)).status).toBe(409)
    expect((await readAttempts(store, item.review.review_id)).map((a) => a.refused)).toEqual(['expired'])
    expect((await expireIfDue(store, item))!.review.status).toBe('expired')
    expect((await expireIfDue(store, item))!.review).toMatchObject({ status: 'expired', revision: 1, decisions: [] })
    expect(await rejections()).toEqual([])
  })
})

describe('the baseline of a run that a harness replayed', () => {
  const ofHarness = aTarget({
    scoring: { replayer: 'module' },
    release_path: { ...aTarget().release_path!, requires_reviewers: SEATS.map((s) => s.role) },
  })
  const request = { target: ofHarness, candidates: null, runId: 'r', demonstration: null }

  test.each([
    ['by its harness, where that can be asked', true],
    ['by its recordings in a deployment, which the page says', false],
  ])('comes back %s', async (_, asksHarness) => {
    store = await stocked(memory(), aWorld({ search: 20, heldout: 100 }))
    const engine = inProcess(store, () => desk())
    expect((await runTarget(store, request, holder(), engine)).verdict).toBe('certified')
    const nonce = () => (nonces++).toString(16).padStart(32, '0')
    const replays = asksHarness ? engine : baselineOnly(store)
    const item = await openRunReview(store, replays, { runId: 'r', seats: SEATS, expiresHours: 72, nonce })
    const { replay } = (await shownOf(store, item))!.rollback
    expect(replay).toMatchObject({ cases: 20, reproduced: 20 })
    expect(replay!.by_records).toBe(asksHarness ? undefined : true)
    const [token] = Object.values(await tokens())
    const page = (await get(token!)).body
    expect(page.includes('the harness that the run asked was not asked here')).toBe(!asksHarness)
  })
})
