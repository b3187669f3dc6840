/** The synthesized review workflow and desk with the real handlers, under the synthesized policies. */
import { beforeAll, describe, expect, it } from 'vitest'
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { reviewProblems } from '#core/review/review.ts'
import type { Store } from '#ports'
import type { RejectionRecord, TuningProposal } from '#schemas/proposal.ts'
import type { Review } from '#schemas/review.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { publishDocument } from '../../functions/steps/experience/documents.ts'
import { readRollout, rolloutId } from '../../functions/steps/release/rollouts.ts'
import { proposalOf } from '../../functions/steps/review/opening.ts'
import { partIds } from '../../functions/steps/review/part-proposals.ts'
import { latestReview } from '../../functions/steps/review/reviews.ts'
import { writeRejections } from '../../functions/steps/run/memory.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { copied, memory, memoryOf, run, stocked } from '../steps/stores.ts'
import { readAttempts } from '../support/attempts.ts'
import { aPartFile, aTarget, aWorld, INTENT, REFS } from '../support/builders.ts'
import { journaled, ledgerOf } from '../support/journaled.ts'
import { type Deployed, deploy, type Faults } from '../support/workflow/deployed.ts'
import { DESK_ORIGIN, type Sent } from '../support/workflow/http-api.ts'
import type { Started } from '../support/workflow/machine.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

/** As in examples/reviewers.json, which the tests deploy. */
const PEOPLE = { reliability: 'ana@example.com', policy: 'ben@example.com', domain_owner: 'cleo@example.com' } as const
type Role = keyof typeof PEOPLE
const ROLES = Object.keys(PEOPLE) as Role[]
const HOURS = 3600

let made: Store
beforeAll(async () => {
  const target = aTarget({ release_path: { ...aTarget().release_path!, requires_reviewers: ROLES } })
  made = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 100 }))
  expect((await run(made, { target, runId: 'r' })).verdict).toBe('certified')
}, 60_000)

interface Desk extends Deployed {
  readonly store: Store
  readonly started: Started
  /** The one link that went to a person. */
  link(person: string): string
  post(role: Role, fields?: Record<string, string>, sent?: Sent): ReturnType<Deployed['http']>
  stored(): Promise<Review>
  rejections(): Promise<readonly string[]>
}

/** A run under review: opened, notified, waiting. */
async function underReview(
  faults: Faults = {},
  input: unknown = { run_id: 'r' },
  before: (store: Store) => Promise<void> = async () => {},
): Promise<Desk> {
  const store = await copied(made)
  await before(store)
  const deployed = deploy(store, { faults })
  const started = deployed.review(input)
  await deployed.clock.idle()
  const stored = async () => (await latestReview(store, 'r'))!.review
  const link = (person: string) => linkTo(person, deployed)
  return {
    ...deployed,
    store,
    started,
    stored,
    link,
    async post(role, fields = {}, sent = {}) {
      return deployed.http('POST', pathOf(link(PEOPLE[role])), { ...formOf(await stored(), fields), ...sent })
    },
    async rejections() {
      const pinned = (await readJson<AutotuneRun>(store.objects, keys.autotuneRun('r', 'target.json')))!
      const all = await memoryOf(store, pinned)
      return all.flatMap((r) => (r.source === 'reviewer' ? [r.reason] : []))
    },
  }
}

const linkTo = (person: string, { mails }: Deployed) => /https:\S+/.exec(mails.find((m) => m.to === person)!.text)![0]
const pathOf = (url: string) => url.slice(DESK_ORIGIN.length)
/** The form of a page as a browser sends it: an approval, with other fields in its place. */
const formOf = ({ shown_digest }: Review, fields: Record<string, string> = {}): Sent => ({
  headers: { origin: DESK_ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ decision: 'approved', confirm: 'yes', reason: '', shown_digest, ...fields }).toString(),
})
const tokenItems = async ({ store }: Desk) =>
  (await Array.fromAsync(store.table.query(`token#${(await latestReview(store, 'r'))!.review.review_id}`))).length
const killed = () => {
  throw new WorkflowError('Lambda.Unknown', 'the function was killed')
}
const killedOnce = (victim: string, where: string): Faults => {
  let left = 1
  return {
    write: (name, key) => {
      if (name === victim && key.includes(where) && left-- > 0) killed()
    },
  }
}

describe('a part that replay cannot judge', () => {
  const text = '{"max":90}'
  const file = { ...aPartFile({ digest: digestOfBytes(text) }) }
  const handedIn = async (over: object = {}) => {
    const store = await copied(made)
    await publishDocument(store, { ref: 'policy.returns@1.1.0', text })
    const deployed = deploy(store)
    const started = deployed.review({ proposal: { ...file, ...over } })
    await deployed.clock.idle()
    return { store, deployed, started }
  }

  it('is handed in as a file, filed, reviewed by token and staged by the same machines', async () => {
    const { store, deployed, started } = await handedIn()
    expect(deployed.mails.map((m) => m.subject)).toEqual(
      Array(4).fill(expect.stringMatching(/not certified by replay/)),
    )
    expect(deployed.mails[0]!.text).toMatch(
      /policy policy\.returns@1\.0\.0 -> policy\.returns@1\.1\.0\. NOT CERTIFIED BY REPLAY/,
    )
    const [id] = await partIds(store)
    const review = async () => (await latestReview(store, id!))!.review
    for (const role of ROLES) {
      const path = pathOf(linkTo(PEOPLE[role], deployed))
      const page = await deployed.http('GET', path)
      expect(page.body).toMatch(/class="stamp">NOT CERTIFIED BY REPLAY/)
      expect(await deployed.http('POST', path, formOf(await review()))).toMatchObject({ statusCode: 303 })
      await deployed.clock.idle()
    }
    expect((await started.ended).output).toMatchObject({ status: 'approved' })
    expect((await readRollout(store, rolloutId(id!)))!.rollout).toMatchObject({
      stage: '0%_shadow',
      certification: 'not certified by replay',
      candidate: { refs: { policy: 'policy.returns@1.1.0' } },
    })
  })

  it.each<[string, object, RegExp]>([
    ['a forged certificate', { certified: true }, /certified: is false, or left out/],
    ['evaluators without their quarter', { part: 'evaluators' }, /by the quarterly path only/],
    [
      'a tuple that is not there',
      { baseline_tuple: { ...REFS, pack: 'ctxpack.support@9.0.0' } },
      /is not in this store/,
    ],
  ])('is refused, and nothing is filed: %s', async (_, over, says) => {
    const { store, started } = await handedIn(over)
    const { status, error } = await started.ended
    expect([status, error?.cause]).toEqual(['FAILED', expect.stringMatching(says)])
    expect(await partIds(store)).toEqual([])
  })
})

describe('a review in AWS', () => {
  it('writes to each reviewer alone, and starts nothing before every role has approved', async () => {
    const desk = await underReview()
    expect(desk.mails.map((m) => m.to).sort()).toEqual([...Object.values(PEOPLE), 'zoe@example.com'].sort())
    expect(new Set(desk.mails.map((m) => /https:\S+/.exec(m.text)![0])).size).toBe(4)
    for (const role of ROLES) {
      expect(desk.started.execution.status).toBe('RUNNING')
      expect(await desk.post(role)).toMatchObject({ statusCode: 303 })
      await desk.clock.idle()
    }
    const { status, output } = await desk.started.ended
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { review_id: 'rv_r_1', status: 'approved' } })
    const review = await desk.stored()
    expect(reviewProblems(review)).toEqual([])
    expect(review.decisions.map((d) => d.reviewer)).toEqual(Object.values(PEOPLE))
    expect(desk.tokens.woken).toHaveLength(1)
    expect(await tokenItems(desk)).toBe(0)
    const [[name, rollout] = [], ...others] = [...desk.executions]
    expect(others).toEqual([])
    expect(name).toMatch(/:ro_r-[0-9a-f]{8}-1$/)
    expect(rollout!.execution).toMatchObject({ at: { state: 'Wait For Production' }, status: 'RUNNING' })
  })

  it('begins with the end of a tuning run, and leaves alone what proposes nothing', async () => {
    const ended = (verdict: string) => ({
      detail: { output: JSON.stringify({ run_id: 'r', verdict }), status: 'SUCCEEDED' },
    })
    const desk = await underReview({}, ended('certified'))
    expect(desk.started.execution.at.state).toBe('Await Decision')
    const none = deploy(await copied(made))
    const { output } = await none.review(ended('no_candidate')).ended
    expect(output).toEqual({ review_id: null, status: 'none' })
    expect(none.mails).toEqual([])
  })

  it('ends with the first rejection, remembered with its reason', async () => {
    const desk = await underReview()
    await desk.post('policy', { decision: 'rejected', reason: 'hides refunds' })
    expect((await desk.started.ended).output).toMatchObject({ status: 'rejected' })
    expect(await desk.rejections()).toEqual(['ben@example.com as policy: hides refunds'])
    expect(await desk.post('reliability')).toMatchObject({ statusCode: 409 })
    expect((await desk.stored()).decisions).toHaveLength(1)
  })

  it('shows what was rejected under another baseline when it was opened', async () => {
    const { proposal } = await proposalOf(made, 'r')
    const { candidate_change } = proposal as TuningProposal
    const no: Omit<RejectionRecord, 'rejection_id'> = {
      intent: INTENT,
      patches: [candidate_change.patch],
      suite: digestOf('suite'),
      baseline: digestOf('another'),
      source: 'rollback',
      reason: 'too many appeals',
      run_id: 'r0',
    }
    const desk = await underReview({}, { run_id: 'r' }, (store) =>
      writeRejections(store, [{ ...no, rejection_id: digestOf(no) }]),
    )
    const { body } = await desk.http('GET', pathOf(desk.link(PEOPLE.policy)))
    expect(body).toMatch(/<li>rollback rejected the same values in r0 .*: too many appeals/)
  })

  it('expires as expired, however often it looked before, and old links decide nothing', async () => {
    const desk = await underReview()
    await desk.post('reliability')
    await desk.clock.pass(72 * HOURS - 1)
    expect(desk.started.execution.status).toBe('RUNNING')
    await desk.clock.pass(2)
    expect((await desk.started.ended).output).toMatchObject({ status: 'expired' })
    expect(await desk.post('policy')).toMatchObject({ statusCode: 409 })
    expect(await desk.stored()).toMatchObject({ status: 'expired', decisions: [{ role: 'reliability' }] })
    expect(desk.calls.HoldReview).toBe(12)
  })

  it('lets a scanner open every link, by HEAD and GET, twice: nothing changes', async () => {
    const desk = await underReview()
    const before = [await desk.stored(), desk.tokens.woken.length, await tokenItems(desk)]
    const pages = []
    for (const mail of [...desk.mails, ...desk.mails])
      for (const method of ['HEAD', 'GET']) {
        const page = await desk.http(method, pathOf(/https:\S+/.exec(mail.text)![0]))
        expect(page.statusCode).toBe(200)
        pages.push(page.body.length > 0)
      }
    expect(pages).toEqual(pages.map((_, i) => i % 2 === 1))
    await desk.clock.idle()
    expect([await desk.stored(), desk.tokens.woken.length, await tokenItems(desk)]).toEqual(before)
    expect(desk.calls.RecordDecision).toBeUndefined()
    expect(await readAttempts(desk.store, (await desk.stored()).review_id)).toEqual([])
  })

  it('counts a form that was sent twice, or at once, one time', async () => {
    const desk = await underReview()
    const both = await Promise.all([desk.post('policy'), desk.post('policy')])
    expect(both.map((r) => r.statusCode).sort()).toEqual([303, 409])
    expect(await desk.post('policy')).toMatchObject({ statusCode: 409 })
    expect((await desk.stored()).decisions).toHaveLength(1)
  })

  it('takes two reviewers at once, and wakes the workflow once', async () => {
    const desk = await underReview()
    await desk.post('reliability')
    const both = await Promise.all([desk.post('policy'), desk.post('domain_owner')])
    expect(both.map((r) => r.statusCode)).toEqual([303, 303])
    expect((await desk.started.ended).output).toMatchObject({ status: 'approved' })
    expect(reviewProblems(await desk.stored())).toEqual([])
    expect(desk.tokens.woken).toHaveLength(1)
  })

  it('sends a lost notice again with the same links, only to those who are left', async () => {
    const desk = await underReview()
    const first = desk.mails.map((m) => m.text)
    await desk.post('policy')
    expect(await desk.call('NotifyReviewers', { review_id: 'rv_r_1' })).toEqual({ sent: 2 })
    expect(desk.mails.slice(4).map((m) => m.text)).toEqual(first.filter((_, i) => [0, 3].includes(i)))
  })

  it('can be started twice: the same review, the same links, and both go on', async () => {
    const desk = await underReview()
    const second = desk.review({ run_id: 'r' })
    await desk.clock.idle()
    expect(desk.mails.slice(4)).toEqual(desk.mails.slice(0, 4))
    for (const role of ROLES) await desk.post(role)
    for (const { ended } of [desk.started, second]) expect((await ended).output).toMatchObject({ status: 'approved' })
    expect([...desk.executions.values()].map((e) => e.execution.error)).toEqual([null])
    expect(await latestReview(desk.store, 'r')).toMatchObject({ review: { review_id: 'rv_r_1' } })
  })

  it('leads whoever has decided to the rollout once all have approved, by the same link', async () => {
    const desk = await underReview()
    const path = pathOf(desk.link(PEOPLE.policy))
    const watch = path.replace('/review/', '/rollout/')
    const before = await desk.http('GET', watch)
    expect(before).toMatchObject({ statusCode: 200 })
    expect(before.body).toContain('is not rolled out')
    for (const role of ROLES) await desk.post(role)
    expect((await desk.http('GET', path)).body).toContain(`href="${watch}"`)
    expect((await desk.http('GET', watch)).statusCode).toBe(200)
  })

  it('shows headers that keep a page to itself, and answers no other method or path', async () => {
    const desk = await underReview()
    const { headers } = await desk.http('GET', pathOf(desk.link(PEOPLE.policy)))
    expect(headers).toMatchObject({
      'Cache-Control': 'no-store',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'same-origin',
      'Strict-Transport-Security': 'max-age=63072000',
    })
    expect(headers['Content-Security-Policy']).toContain("default-src 'none'")
    for (const [method, path] of [
      ['PUT', pathOf(desk.link(PEOPLE.policy))],
      ['DELETE', pathOf(desk.link(PEOPLE.policy))],
      ['GET', '/review/'],
      ['GET', '/review/a/b'],
      ['GET', '/'],
    ] as const)
      expect((await desk.http(method, path)).statusCode).toBe(404)
    expect(desk.calls).not.toHaveProperty('RecordDecision')
  })

  it.each([
    [
      'from another page',
      { headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' } },
      403,
    ],
    ['without a form', { headers: { origin: DESK_ORIGIN, 'content-type': 'application/json' } }, 415],
    ['too large', { body: `reason=${'x'.repeat(20_000)}` }, 413],
    ['with a field that is not ours', { body: 'decision=approved&reviewer=zoe' }, 400],
  ] as const)('decides nothing for a form %s, and records the attempt', async (_, sent, status) => {
    const desk = await underReview()
    expect(await desk.post('policy', {}, sent)).toMatchObject({ statusCode: status })
    expect((await desk.stored()).decisions).toEqual([])
    expect(await readAttempts(desk.store, 'rv_r_1')).toMatchObject([{ reviewer: PEOPLE.policy }])
  })

  it.each(['GET', 'POST'])('takes a forged link for none, by %s, and records the attempt', async (method) => {
    const desk = await underReview()
    const link = pathOf(desk.link(PEOPLE.policy))
    const forged = link.slice(0, -4) + (link.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    expect(await desk.http(method, forged)).toMatchObject({ statusCode: 404 })
    expect(await readAttempts(desk.store, null)).toMatchObject([{ refused: 'forged', reviewer: null }])
  })
})

describe('a function that is killed', () => {
  const approve = async (desk: Desk) => {
    for (const role of ROLES) if ((await desk.post(role)).statusCode === 500) await desk.post(role)
    return (await desk.started.ended).output
  }

  it.each([
    ['OpenReview', 'evidence-'],
    ['OpenReview', 'review rv_'],
    ['HoldReview', 'token#'],
  ])('in %s before it writes %s is tried again: one review, one outcome', async (name, where) => {
    const desk = await underReview(killedOnce(name, where))
    expect(await approve(desk)).toMatchObject({ status: 'approved' })
    expect((await desk.stored()).decisions).toHaveLength(3)
  })

  it.each(['OpenReview', 'NotifyReviewers', 'HoldReview', 'SettleReview'])('after the work of %s too', async (name) => {
    const after = (called: string, call: number) => {
      if (called === name && call === 1) killed()
    }
    const desk = await underReview({ after })
    expect(await approve(desk)).toMatchObject({ status: 'approved' })
    expect(desk.mails.map((m) => m.text)).toEqual([
      ...new Set(desk.mails.map((m) => m.text)),
      ...desk.mails.slice(4).map((m) => m.text),
    ])
  })

  it('before the decision is written decides nothing; the same form decides then', async () => {
    const desk = await underReview(killedOnce('RecordDecision', 'review rv_'))
    expect(await desk.post('policy')).toMatchObject({ statusCode: 500 })
    expect((await desk.stored()).decisions).toEqual([])
    expect(await desk.post('policy')).toMatchObject({ statusCode: 303 })
  })

  it('between a rejection and its memory leaves both to the next request', async () => {
    const desk = await underReview(killedOnce('RecordDecision', 'rejection#'))
    const no = { decision: 'rejected', reason: 'hides refunds' }
    expect(await desk.post('policy', no)).toMatchObject({ statusCode: 500 })
    expect(desk.started.execution.status).toBe('RUNNING')
    expect(await desk.post('policy', no)).toMatchObject({ statusCode: 409 })
    expect((await desk.started.ended).output).toMatchObject({ status: 'rejected' })
    expect(await desk.rejections()).toHaveLength(1)
  })

  it('between the last decision and the answer is answered by the form sent again, once', async () => {
    // The token is removed after it was answered: this kill comes in between.
    const desk = await underReview(killedOnce('RecordDecision', 'token#'))
    await desk.post('reliability')
    await desk.post('policy')
    expect(await desk.post('domain_owner')).toMatchObject({ statusCode: 500 })
    expect((await desk.started.ended).output).toMatchObject({ status: 'approved' })
    expect(await desk.post('domain_owner')).toMatchObject({ statusCode: 409 })
    expect([desk.tokens.woken.length, await tokenItems(desk)]).toEqual([1, 0])
  })

  it('before any answer, with nobody coming back: the workflow looks by itself within six hours', async () => {
    const desk = await underReview()
    const table = ledgerOf(desk.store)
    for (const role of ROLES.slice(0, 2)) await desk.post(role)
    // The last decision is there, and its function died before it looked for tokens.
    const query = table.query.bind(table)
    Object.assign(table, {
      query: (pk: string, prefix?: string) => (pk.startsWith('token#') ? killed() : query(pk, prefix)),
    })
    expect(await desk.post('domain_owner')).toMatchObject({ statusCode: 500 })
    Object.assign(table, { query })
    await desk.clock.pass(6 * HOURS)
    expect((await desk.started.ended).output).toMatchObject({ status: 'approved' })
  })

  it('for good leaves an execution that can be redriven to the one outcome', async () => {
    let broken = true
    const before = (name: string) => {
      if (name === 'NotifyReviewers' && broken)
        throw new WorkflowError('MessageRejected', 'the address is not verified')
    }
    const desk = await underReview({ before })
    const failed = await desk.started.ended
    expect(failed).toMatchObject({ status: 'FAILED', error: { error: 'MessageRejected' } })
    broken = false
    const going = desk.redrive(failed)
    await desk.clock.idle()
    for (const role of ROLES) await desk.post(role)
    expect((await going).output).toMatchObject({ review_id: 'rv_r_1', status: 'approved' })
  })
})
