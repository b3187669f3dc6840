/** The search finds what an exhaustive evaluation finds, pays for no replay twice, and gives every point its fate. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Records } from '#core/bytes/records.ts'
import { byCodeUnit } from '#core/canonical.ts'
import { pointRows } from '#core/evaluate/guardrails.ts'
import { isBetter, metricOver } from '#core/evaluate/metric.ts'
import { utilityPairs } from '#core/evaluate/pairs.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { type Measures, measuresOf } from '#core/evaluate/scorecard.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { type CaseView, UNNUMBERED } from '#core/search/replayer.ts'
import { searchRounds } from '#core/search/search.ts'
import { SearchCases } from '#core/search/search-cases.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { latticePatches, patchDigest } from '#core/space/lattice.ts'
import { applyPatch } from '#core/space/scope.ts'
import { searchEvidence } from '#core/statistics/fixed-sequence.ts'
import { CandidateScore, type Fate, ReplayResult } from '#schemas/candidate.ts'
import { BASELINE, caseOf, inputOf, search, searchable, searched, suite, worlds } from './worlds.ts'

/** Every point evaluated on every case: no order, no memo, no stopping. */
function exhaustive({ target, pins, panel, fields }: SearchInput<SlimCase>) {
  const before = metricOver(target.metric, panel.baseline)
  const gains = (metric: number | null) =>
    metric !== null && before !== null && isBetter(target.direction, metric, before)
  const judged = [...latticePatches(fields)].map((patch) => {
    const settings = applyPatch(BASELINE, patch)
    const replays = Array.from(panel.cases, (c) => replayTranscript(c, settings, pins))
    const measures: Measures[] = replays.flatMap((r) => ('unreplayable' in r ? [] : [measuresOf(suite, r)]))
    const fate = (name: Fate, metric: number | null = null) => ({ patch, name, metric, evidence: 0 })
    if (Object.keys(patch).length > target.max_fields) return fate('blast_radius')
    if (measures.length < panel.cases.length) return fate('unreplayable')
    const rows = pointRows(target.guardrails, target.not_measured, panel, measures)
    const metric = metricOver(target.metric, measures)
    const blocks = rows.filter((r) => r.verdict === 'block').map((r) => r.guardrail)
    if (blocks.includes('approval_bypass_rate')) return fate('search_guardrail')
    if (target.metric !== 'utility' && !gains(metric)) return fate('no_gain')
    if (blocks.length > 0) return fate('search_guardrail')
    if (!gains(metric)) return fate('no_gain')
    const changed = new Set(
      [...panel.cases].flatMap((c, i) => {
        const r = replays[i]!
        const passed = measures[i]!.utility_passed !== panel.baseline.at(i)!.utility_passed
        return 'unreplayable' in r || r.ungrounded.length > 0 || passed ? [c.family_id] : []
      }),
    )
    if (changed.size / panel.families > target.max_decision) return fate('blast_radius')
    const { labelled, regressions, improvements } = utilityPairs(panel, measures)
    const margin = Math.abs(target.guardrails.utility_delta?.min ?? 0)
    return {
      patch,
      name: 'dominated' as const,
      metric,
      evidence: searchEvidence(labelled, regressions, improvements, margin),
    }
  })
  const survivors = judged
    .filter((j) => j.name === 'dominated')
    .sort(
      (a, b) =>
        b.evidence - a.evidence ||
        (target.direction === 'decrease' ? a.metric! - b.metric! : b.metric! - a.metric!) ||
        Object.keys(a.patch).length - Object.keys(b.patch).length ||
        byCodeUnit(patchDigest(a.patch), patchDigest(b.patch)),
    )
  const committed: typeof survivors = []
  for (const one of survivors)
    if (committed.every((kept) => isBetter(target.direction, one.metric!, kept.metric!))) committed.push(one)
  return {
    committed: committed.slice(0, 8).map((c) => patchDigest(c.patch)),
    fates: new Map(judged.map((j) => [patchDigest(j.patch), j.name])),
  }
}

describe('search', () => {
  test('commits exactly what an exhaustive evaluation commits, and gives every point the same fate', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const found = search(input)
        const oracle = exhaustive(input)
        expect(found.committed.map((c) => c.digest)).toEqual(oracle.committed)
        expect(found.candidates).toHaveLength(4 * 4 * 3 - 1)
        for (const { digest, fate } of found.candidates)
          expect(fate === 'committed' ? 'dominated' : fate).toBe(oracle.fates.get(digest))
      }),
      { numRuns: 60 },
    )
  })

  test('pays for no (case, context) twice, and for none that is the baseline context', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const { results, counts } = search(input)
        const paid = results.filter((r) => r.status === 'replayed')
        // Threshold changes leave the context alone, so a case and context may come once per threshold.
        const keys = paid.map((r) => `${r.case_id} ${r.context} ${r.scorecard!.measures.approval_waits}`)
        expect(new Set(keys).size).toBe(keys.length)
        expect(counts.paid).toBe(results.length)
        expect(counts.visited).toBe(47)
        expect(counts.paid + counts.avoided).toBeLessThanOrEqual(47 * input.panel.cases.length)
      }),
      { numRuns: 60 },
    )
  })

  test('gives the same result whatever the order of the cases', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, keys) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const order = Array.from(input.panel.cases, (c, i) => ({
          c,
          base: input.panel.baseline.at(i)!,
          at: keys.next().value!,
        })).sort((a, b) => a.at - b.at)
        const panel = makePanel(
          order.map((o) => o.c),
          order.map((o) => o.base),
        )
        expect(search({ ...input, panel })).toEqual(search(input))
      }),
      { numRuns: 20 },
    )
  })

  test('gives the same result on cases that are put aside, and with answers that are', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 0, max: 4000 }), (world, atHand) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const aside = new Records()
        const cases = new SearchCases(aside, atHand)
        const whole = world.shapes.map((s, i) => caseOf(s, i)).sort((a, b) => byCodeUnit(a.case_id, b.case_id))
        for (const replayCase of whole) cases.add(replayCase)
        const results: ReplayResult[] = []
        const found = searched({ ...input, panel: { ...input.panel, cases } }, (r) => results.push(r), { aside })
        expect({ ...found, results }).toEqual(search(input))
      }),
      { numRuns: 20 },
    )
  })

  test('gives the same result where contexts are told apart by their keys alone, and every answer is a whole one', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(1, 16, 100), fc.boolean(), (world, block, isNumbered) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const { view, answer } = transcriptReplayer(input.panel, input.pins, input.suite)
        const keysAlone: CaseView = {
          ...view,
          sideBySide: (tables) => (i) =>
            view
              .sideBySide(tables)(i)
              .map((r) => ({ ...r, context: UNNUMBERED })),
        }
        const results: ReplayResult[] = []
        const rounds = searchRounds(input, isNumbered ? view : keysAlone, (r) => results.push(r), { block })
        let step = rounds.next()
        while (!step.done) {
          const { once, ...whole } = step.value
          step = rounds.next(answer(whole))
        }
        expect({ ...step.value, results }).toEqual(search(input))
      }),
      { numRuns: 20 },
    )
  })

  test('leaves records that their contracts accept, and measures of what it commits', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const input = inputOf(world)
        const found = search(input)
        for (const c of found.candidates) expect(CandidateScore.parse(c)).toEqual(c)
        for (const r of found.results) expect(ReplayResult.parse(r)).toEqual(r)
        expect(found.firstMeasures === null).toBe(found.committed.length === 0)
        if (found.firstMeasures)
          expect(metricOver(input.target.metric, found.firstMeasures)).toBe(found.committed[0]!.metric)
      }),
      { numRuns: 30 },
    )
  })

  test('never commits what breaks a limit, gains nothing or reaches too far', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        fc.pre(searchable(world))
        const { target, panel, ...input } = inputOf(world)
        const before = metricOver(target.metric, panel.baseline)
        for (const c of search({ target, panel, ...input }).committed) {
          expect(c.guardrails.some((r) => r.verdict === 'block' || r.verdict === 'not_evaluated')).toBe(false)
          expect(isBetter(target.direction, c.metric!, before!)).toBe(true)
          expect(c.blast_radius!.fields).toBeLessThanOrEqual(target.max_fields)
          expect(c.blast_radius!.b_decision).toBeLessThanOrEqual(target.max_decision)
        }
      }),
      { numRuns: 60 },
    )
  })
})
