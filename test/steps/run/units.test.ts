/** A family that makes most of the decisions is named: on the search side always, of the sealed set with a "yes" only. */
import { expect, test } from 'vitest'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { runLines } from '../../../functions/cli/text.ts'
import { explainLines } from '../../../functions/cli/text-explain.ts'
import { proposeLines } from '../../../functions/cli/text-propose.ts'
import { proposeChanges } from '../../../functions/steps/run/propose.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aFamily, aTarget, aWorld } from '../../support/builders.ts'
import { contents, memory, run, stocked } from '../stores.ts'

const many = (side: 'search' | 'heldout', n: number) =>
  Array.from({ length: n }, (_, i) =>
    aFamily(`${side}-of-one-${i}`, { side, family: `big-${side}`, required: 1, gold: 1 }),
  )
const world = (n: number) => [...aWorld({ search: 20, heldout: 100 }), ...many('search', n), ...many('heldout', n)]

test('in the summary and in the proposal, which counts families and decisions', async () => {
  const store = await stocked(memory(), world(30))
  const summary = await run(store, { runId: 'r' })
  expect(summary.verdict).toBe('certified')
  expect(summary.reasons.join('\n')).toContain(
    'of 50 search decisions one family carries more than 5 %: big-search 30 (60 %)',
  )
  const proposal = (await readJson<TuningProposal>(store.objects, keys.autotuneRun('r', 'selected-proposal.json')))!
  const wording = proposal.wording.join('\n')
  expect(wording).toContain('counted       101 families made 130 decisions; of the decisions 0 violate policy')
  expect(wording).toContain('of 130 sealed decisions one family carries more than 5 %: big-heldout 30 (23 %)')
})

test('and not below the share that is declared, nor of the sealed set after a "no"', async () => {
  const tolerant = aTarget({ scoring: { replayer: 'transcript', max_family_share: 0.7 } })
  const quiet = await run(await stocked(memory(), world(30)), { target: tolerant })
  expect(quiet.reasons.join()).not.toContain('carries more')

  const broken = Array.from({ length: 20 }, (_, i) => aFamily(`bad${i}`, { side: 'heldout', required: 4, gold: 4 }))
  const store = await stocked(memory(), [...world(30), ...broken])
  expect(await run(store, { runId: 'r' })).toMatchObject({ verdict: 'not_certified' })
  for (const [key, text] of Object.entries(await contents(store)))
    if (!key.startsWith('vault/')) expect({ key, has: text.includes('big-heldout') }).toEqual({ key, has: false })
})

/** A terminal's lines are as wide as it is. */
const unwrapped = (lines: readonly string[]): string => lines.join(' ').replaceAll(/\s+/g, ' ')

test('tokens that were estimated are marked beside every result, whatever came of it', async () => {
  const wordy = (one: ExperienceRun): ExperienceRun => ({
    ...one,
    evidence: one.evidence.map((offer) => ({ ...offer, tokens: null, text: `passage ${offer.evidence_ref}` })),
  })
  const mark = 'tokens estimated as ceil(chars/4): passages in 20 of 20 recordings'
  for (const heldout of [100, 5]) {
    const store = await stocked(memory(), aWorld({ search: 20, heldout }).map(wordy))
    const summary = await run(store)
    expect(summary.reasons.join('\n')).toContain(mark)
    const explained = explainLines({
      summary,
      scored: [],
      not_searched: [],
      metric: null,
      direction: null,
      labels: [],
      plan: '',
      all: false,
      more: '',
    })
    expect(unwrapped(explained)).toContain(mark)
    expect(unwrapped(runLines(summary, null, null))).toContain(mark)
    const changes = [{ at: 'line 1', change: { patch: { 'evidence.orders.top_k': { from: 4, to: 2 } } } }]
    const proposed = await proposeChanges(store, aTarget(), changes as never, null, { again: true })
    expect(unwrapped(proposeLines(proposed))).toContain(mark)
  }
})
