/** The numbers of a review page against the artifacts that the run left: both are read, and nothing is computed by the page's own code. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { GateAnswer } from '#schemas/heldout.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { reviewPage } from '../../../functions/pages/review/page.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { openRunReview } from '../../../functions/steps/review/opening.ts'
import { shownOf } from '../../../functions/steps/review/shown.ts'
import { readJson, readLines } from '../../../functions/streams/read-object.ts'
import { plain } from '../../pages/html.ts'
import { aTarget, aWorld, type FamilyParts } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const ROLES = ['reliability', 'policy']
/** Search families of which some lose a marked passage below top_k 3, and one that never passed. */
const extra: FamilyParts[] = [
  { side: 'search', gold: 2, required: 1 },
  { side: 'search', gold: 2, required: 1 },
  { side: 'search', gold: 1, required: 1, passed: false },
]

let store: Store
let text: string
let proposal: TuningProposal
let candidates: CandidateScore[]
let gate: Extract<GateAnswer, { certified: true }>

/** A number as the page writes it: four significant digits, thousands apart. */
const shown = (n: number) =>
  (Math.abs(n) >= 1000 ? Math.round(n).toLocaleString('en') : String(Number(n.toPrecision(4)))).replace('-', '−')

beforeAll(async () => {
  store = await stocked(memory(), aWorld({ search: 60, heldout: 120, extra }))
  const target = aTarget({ release_path: { ...aTarget().release_path!, requires_reviewers: ROLES } })
  expect((await run(store, { target, runId: 'r' })).verdict).toBe('certified')
  let nonce = 0
  const item = await openRunReview(store, transcriptEngine(), {
    runId: 'r',
    seats: ROLES.map((role) => ({ role, reviewer: `${role}@example.com` })),
    expiresHours: 72,
    nonce: () => (nonce++).toString(16).padStart(32, '0'),
  })
  const page = reviewPage({
    shown: (await shownOf(store, item))!,
    review: item.review,
    seat: item.review.seats[0]!,
    action: '/review/t',
    vault: 'account',
    returned: null,
  })
  text = plain(page.slice(page.indexOf('<main>')).replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ')
  const file = (name: Parameters<typeof keys.autotuneRun>[1]) => keys.autotuneRun('r', name)
  proposal = (await readJson<TuningProposal>(store.objects, file('selected-proposal.json')))!
  candidates = (await readLines<CandidateScore>(store.objects, file('candidates.jsonl')))!
  gate = (await readJson<GateAnswer>(store.objects, file('gate.json'))) as typeof gate
}, 120_000)

describe('the page says what the artifacts say', () => {
  test('the gain: difference, held-out baseline and share from gate.json, and as many decisions', () => {
    const winner = candidates.find((c) => c.fate === 'won')!
    const certificate = gate.certificates.find((c) => c.candidate_id === winner.candidate_id)!
    const { baseline, candidate } = certificate.metric
    const delta = proposal.observed_delta.economics_tokens!
    expect(delta).toBeCloseTo(candidate! - baseline!, 9)
    expect(text).toContain(
      `Saves ${shown(Number(((-delta / baseline!) * 100).toPrecision(3)))} % of tokens per decision`,
    )
    expect(text).toContain(`${shown(delta)} tokens of ${shown(baseline!)} held out`)
    expect(text).toContain(`${shown(Math.round(delta * 10_000))} tokens in 10,000 decisions`)
  })

  test('the harm: families of the certificate, and cases counted again from the search set', async () => {
    const { regressions, improvements } = proposal.certificate.find((r) => r.guardrail === 'utility_delta')!.counts
    const labelled = proposal.certificate.find((r) => r.guardrail === 'utility_delta')!.families
    expect(text).toContain(`Held-out families: ${regressions} of ${labelled} worse, ${improvements} better`)
    const winner = candidates.find((c) => c.fate === 'won')!
    expect(text).toContain(
      `search set: ${winner.search!.regressions} of ${winner.search!.labelled} cases worse, ${winner.search!.improvements} better`,
    )
  })

  test('coverage: passages before and removed, as many as the settings let in', () => {
    const { from, to } = proposal.candidate_change.patch['evidence.orders.top_k'] as { from: number; to: number }
    const families = 60 + extra.length
    const [before, removed] = [families * from, families * (from - to)]
    expect(text).toContain(`shop, hop 1 orders ${shown(before)} ${shown(removed)} (`)
  })

  test('alternatives: every certified candidate with its metric on the search set, and no other', () => {
    const certified = candidates.filter((c) => c.fate === 'won' || c.fate === 'certified')
    const section = text.slice(text.indexOf('On the search set, by gain'), text.indexOf('Everything else'))
    expect(certified.length).toBeGreaterThan(1)
    for (const { patch, fate, metric } of certified)
      expect(section).toContain(
        `top_k ${patch['evidence.orders.top_k']!.to}${fate === 'won' ? ' (proposed)' : ''} ${shown(metric!)} tokens`,
      )
    expect(section.match(/top_k \d+/g)).toHaveLength(certified.length)
  })

  test('what no case of the sealed side is named on', async () => {
    const winner = candidates.find((c) => c.fate === 'won')!.candidate_id
    const replayed = (await readLines<ReplayResult>(store.objects, keys.autotuneRun('r', 'replay-results.jsonl')))!
    expect(replayed.some((r) => r.candidate_id === winner)).toBe(true)
    const evidence = text.slice(text.indexOf('Cases'), text.indexOf('Everything else'))
    expect(evidence).toMatch(/\bs\d+\b/)
    expect(evidence).not.toMatch(/\bh\d+\b/)
  })
})
