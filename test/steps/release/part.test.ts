/** A part that replay cannot judge goes through the same review and release as a certified change, and says everywhere what it is. */
import { beforeAll, describe, expect, test } from 'vitest'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import type { Store } from '#ports'
import type { ContextPack } from '#schemas/pack.ts'
import { PartProposal, PartProposalFile } from '#schemas/part-proposal.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import { PromotionRecord, Rollout } from '#schemas/release.ts'
import { Review } from '#schemas/review.ts'
import { SignedRollout } from '#schemas/rollout-artifact.ts'
import { keys } from '#schemas/s3-keys.ts'
import { publishDocument, publishSuite } from '../../../functions/steps/experience/documents.ts'
import { stopRollout } from '../../../functions/steps/release/advance.ts'
import { filePart } from '../../../functions/steps/release/file-part.ts'
import { filedParts, statusOfProposal } from '../../../functions/steps/release/lineage.ts'
import { rolloutId } from '../../../functions/steps/release/rollouts.ts'
import { verifyRollout } from '../../../functions/steps/release/verify.ts'
import { verifyPart } from '../../../functions/steps/release/verify-part.ts'
import { baselineOnly } from '../../../functions/steps/replay/reproduce.ts'
import { answerRequest, decideAtTerminal } from '../../../functions/steps/review/answer.ts'
import { reviewLinks } from '../../../functions/steps/review/notice.ts'
import { openRunReview } from '../../../functions/steps/review/opening.ts'
import { latestReview } from '../../../functions/steps/review/reviews.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aPartFile, aSuite, aWorld, INTENT, REFS } from '../../support/builders.ts'
import { memory, stocked, twin } from '../stores.ts'
import {
  advance,
  approve,
  at,
  certified,
  forward,
  HAND,
  inForce,
  produce,
  rolloutOf,
  START,
  signer,
  start,
  TO_RELEASE,
} from './support.ts'

const OLD = '{"rules":[{"rule_id":"R1","max":100}]}'
const NEW = '{"rules":[{"rule_id":"R1","max":90}]}'
const SEATS = [
  { role: 'domain_owner', reviewer: 'cleo' },
  { role: 'policy', reviewer: 'ben' },
  { role: 'reliability', reviewer: 'ana' },
]
const SUITE = { ...aSuite(), suite: 'evals.refund@2.0.0' }
const RETIRED = 'evidence.orders.top_k'

/** Files of each part. Evaluators come with a quarter. */
const FILES = {
  policy: { to: 'policy.returns@1.1.0', digest: digestOfBytes(NEW) },
  tools: { part: 'tools', to: 'tools.support@1.1.0', digest: digestOfBytes('read\nwrite\n') },
  evaluators: { part: 'evaluators', to: SUITE.suite, digest: digestOf(SUITE), rebaseline: '2026-09-30' },
  pack: { part: 'pack', to: undefined, digest: undefined, retire_surfaces: [RETIRED] },
} as const
const file = (over: object = FILES.policy) => PartProposalFile.parse(aPartFile(over))
const quarter = (over: object = {}) => ({
  cadence: 'quarterly.v1',
  date: '2026-09-30',
  prior: null,
  bands: digestOf({}),
  year_spent: 0,
  year_budget: null,
  intents: [
    {
      intent: INTENT,
      year: { versions: 0, questions: 0, spent: 0, undated: 0 },
      limits: [],
      stale: [],
      rebaseline: {
        from: REFS.evals,
        to: SUITE.suite,
        runs: 6,
        flipped_runs: 1,
        flips: [{ case_id: 'c1', measure: 'utility_passed', was: true, now: false }],
        pass_rate: { was: 1, now: 5 / 6 },
        retires: [],
        ...over,
      },
    },
  ],
})

let made: Store
let filed: Store
let id: string
beforeAll(async () => {
  made = memory()
  await stocked(made, aWorld({ search: 6, heldout: 100 }))
  await publishDocument(made, { ref: REFS.policy, text: OLD })
  await publishDocument(made, { ref: 'policy.returns@1.1.0', text: NEW })
  await publishDocument(made, { ref: 'tools.support@1.1.0', text: 'read\nwrite\n' })
  await publishSuite(made, SUITE)
  await made.objects.put(keys.quarterlyCadence('2026-09-30'), `${canonical(quarter())}\n`)
  filed = await twin(made)
  id = (await filePart(filed, file())).proposal.tuning_proposal_id
})
const fresh = async () => at(await twin(filed, id), START)

let nonces = 0
const open = (store: Store, runId: string, seats: readonly { role: string; reviewer: string }[] = SEATS) =>
  openRunReview(store, baselineOnly(store) as never, {
    runId,
    seats,
    expiresHours: 72,
    nonce: () => (nonces++).toString(16).padStart(32, '0'),
  })
const decideAll = async (store: Store, runId: string) => {
  await open(store, runId)
  for (const seat of SEATS)
    await decideAtTerminal(store, runId, { ...seat, decision: 'approved', reason: null, shown: null })
}
const started = async (store: Store, runId: string) => (await start(store, { runId })).rollout

describe.each(Object.keys(FILES) as (keyof typeof FILES)[])('%s', (part) => {
  test('is filed, reviewed, staged, released and taken back by the same steps, stamped everywhere', async () => {
    const store = at(await twin(made), START)
    const { proposal, isNew } = await filePart(store, file(FILES[part]))
    const runId = proposal.tuning_proposal_id
    const other = (await filePart(store, file(FILES[part === 'policy' ? 'tools' : 'policy']))).proposal
      .tuning_proposal_id
    expect([isNew, PartProposal.parse(proposal).certification]).toEqual([true, NOT_CERTIFIED])
    await decideAll(store, runId)
    const review = Review.parse((await latestReview(store, runId))!.review)
    expect([review.certification, ...review.decisions.map((d) => d.certification)]).toEqual(
      Array(4).fill(NOT_CERTIFIED),
    )
    const rollout = Rollout.parse(await started(store, runId))
    const ro = rolloutId(runId)
    expect(rollout).toMatchObject({
      rollout_id: ro,
      stage: '0%_shadow',
      certification: NOT_CERTIFIED,
      candidate: { certification: NOT_CERTIFIED, prior_release_tuple_id: rollout.baseline.release_tuple_id },
      rollback_replay: { cases: 6, reproduced: 6 },
    })
    const place = part === 'evaluators' ? 'evals' : part
    const { to, digest } = FILES[part] as { to?: string; digest?: string }
    expect(rollout.candidate.refs).toEqual({ ...rollout.baseline.refs, [place]: to ?? 'ctxpack.support@1.1.0' })
    if (digest) expect(rollout.candidate.digests[place]).toBe(digest)
    // One goes all the way: from its item on, a rollout does not know what part it is about.
    const steps = part === 'policy' ? TO_RELEASE : 0
    await forward(store, steps, ro)
    if (steps > 0) await expect(open(store, other)).rejects.toThrow(/cannot be reviewed now[\s\S]*not in force/)
    const { release_tuple_id } = await inForce(store)
    expect(release_tuple_id === rollout.candidate.release_tuple_id).toBe(part === 'policy')
    const after = await rolloutOf(store, ro)
    expect(after.records.map((r) => PromotionRecord.parse(r).certification)).toEqual(
      Array(steps + 1).fill(NOT_CERTIFIED),
    )
    const signed = await readJson(store.releases, keys.promotion(ro, after.revision, 'artifact.json'))
    expect(SignedRollout.parse(signed).artifact.certification).toBe(NOT_CERTIFIED)
    expect((await verifyRollout(store, signer, ro)).differences).toEqual([])
    expect(await verifyPart(store, runId)).toMatchObject({ holds: true, differences: [] })
    await stopRollout(store, signer, ro, HAND)
    expect(await inForce(store)).toEqual({ release_tuple_id: rollout.baseline.release_tuple_id, rollout_id: null })
    expect(await statusOfProposal(store, runId)).toBe('rolled_back')
    await expect(filePart(store, file(FILES[part]))).rejects.toThrow(/is rolled back.*another version/)
  })
})

test('a retired surface is gone from the next pack, whose settings are the same', async () => {
  const store = at(await twin(made), START)
  const { proposal } = await filePart(store, file(FILES.pack))
  await decideAll(store, proposal.tuning_proposal_id)
  await started(store, proposal.tuning_proposal_id)
  const [before, after] = await Promise.all(
    ['1.0.0', '1.1.0'].map((v) => readJson<ContextPack>(store.objects, keys.pack(`ctxpack.support@${v}`))),
  )
  expect(after!.settings).toEqual(before!.settings)
  expect(after!.tunable_surfaces).toEqual(before!.tunable_surfaces.filter(({ path }) => path !== RETIRED))
})

test('production takes it back as it does a certified one', async () => {
  const store = await fresh()
  await decideAll(store, id)
  await started(store, id)
  const ro = rolloutId(id)
  await forward(store, 1, ro)
  await produce(store, { id: ro, measure: () => ({ policy_violation: true }) })
  expect((await advance(store, ro)).record).toMatchObject({ verdict: 'rolled_back', certification: NOT_CERTIFIED })
})

describe('the page', () => {
  const code = signer
  const get = async (store: Store, runId: string): Promise<string> => {
    const [link] = await reviewLinks((await latestReview(store, runId))!.review, code)
    const ask = { method: 'GET', origin: null, sec_fetch_site: null, content_type: null, body: null }
    const at = { token: link!.token, origin: 'http://127.0.0.1:1', action: `/review/${link!.token}` }
    return (await answerRequest(store, code, ask, at)).body
  }
  test.each<[keyof typeof FILES, RegExp]>([
    ['policy', /rules\[R1\]\.max[\s\S]*<del>100<\/del>[\s\S]*<ins>90<\/ins>/],
    ['tools', /tools\.support@1\.0\.0 was never imported[\s\S]*<ins>read/],
    ['evaluators', /Both suites side by side[\s\S]*c1[\s\S]*utility passed/],
    ['pack', /No setting changes/],
  ])('of %s shows the stamp in large and the plain difference', async (part, says) => {
    const store = at(await twin(made), START)
    const runId = (await filePart(store, file(FILES[part]))).proposal.tuning_proposal_id
    await open(store, runId)
    const page = await get(store, runId)
    expect(page).toMatch(/class="stamp">NOT CERTIFIED BY REPLAY/)
    expect(page).toMatch(says)
    expect(page).toMatch(/6 of 6 cases reproduce/)
    expect(page.replace(/not certified by replay/gi, '')).not.toMatch(/certif/i)
  })
})

describe('is refused, with nothing written:', () => {
  const entries = async (store: Store) => (await filedParts(store)).length

  test('while a rollout of the intent is on its way, and while another change is in review', async () => {
    const store = at(await certified(memory()), START)
    await publishDocument(store, { ref: 'policy.returns@1.1.0', text: NEW })
    await approve(store, 'r')
    await expect(filePart(store, file())).rejects.toThrow(/approved review rv_r_1 of support\.refund stands on this/)
    await start(store)
    await expect(filePart(store, file())).rejects.toThrow(/rollout ro_r of support\.refund/)
    expect(await entries(store)).toBe(0)
  })

  test('a review while another change of the tuple is approved', async () => {
    const store = await fresh()
    const tools = (await filePart(store, file(FILES.tools))).proposal.tuning_proposal_id
    await decideAll(store, id)
    await expect(open(store, tools)).rejects.toThrow(/approved review/)
  })

  test.each<[string, readonly { role: string; reviewer: string }[], RegExp]>([
    ['its owner', [{ role: 'policy', reviewer: 'Dana+x@acme' }], /owns the proposal/],
    ['whoever made it', [{ role: 'policy', reviewer: 'Policy  Desk' }], /made the proposal/],
    ['one person for two roles', SEATS.map(({ role }) => ({ role, reviewer: 'ana' })), /no distinct reviewer/],
    ['a role too few', SEATS.slice(1), /domain_owner/],
  ])('%s as reviewer', async (_, seats, says) => {
    await expect(open(await fresh(), id, seats)).rejects.toThrow(says)
  })

  test('a start before everybody approved, and after the time is over', async () => {
    const store = await fresh()
    await open(store, id)
    await expect(started(store, id)).rejects.toThrow(/is open, not approved/)
    const late = at(store, '2026-12-24T00:00:00.000Z')
    await expect(
      decideAtTerminal(late, id, { ...SEATS[0]!, decision: 'approved', reason: null, shown: null }),
    ).rejects.toThrow(/has ended: expired/)
    expect((await filePart(late, file())).status).toBe('expired')
  })

  test('evaluators whose quarter was changed since', async () => {
    const store = at(await twin(made), START)
    const runId = (await filePart(store, file(FILES.evaluators))).proposal.tuning_proposal_id
    await store.objects.put(keys.quarterlyCadence('2026-09-30'), `${canonical(quarter({ flipped_runs: 0 }))}\n`)
    await expect(open(store, runId)).rejects.toThrow(/is not the one that was filed/)
    expect((await verifyPart(store, runId)).differences).toMatchObject([{ why: expect.stringMatching(/quarter/) }])
  })

  test('the same change again, once it was rejected; until then it is the one that stands', async () => {
    const store = await fresh()
    expect(await filePart(store, file({ ...FILES.policy, reason: 'another reason' }))).toMatchObject({
      isNew: false,
      status: 'proposed',
    })
    await open(store, id)
    await decideAtTerminal(store, id, { ...SEATS[1]!, decision: 'rejected', reason: 'too low', shown: null })
    await expect(filePart(store, file())).rejects.toThrow(/is rejected \(ben as policy: too low\)/)
  })
})

test('what was filed and changed since is reviewed by nobody, and verify names it', async () => {
  const store = await fresh()
  const [key] = await Array.fromAsync(store.objects.list(keys.partProposals()))
  const proposal = (await readJson<PartProposal>(store.objects, key!))!
  await store.objects.put(key!, `${canonical({ ...proposal, risk_class: 'read_only' })}\n`)
  await expect(open(store, id)).rejects.toThrow(/was changed or removed since it was filed/)
  expect(await verifyPart(store, id)).toMatchObject({ holds: false })
})
