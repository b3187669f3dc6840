/** The report of a run against the files that the run left. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { ReportFacts } from '#core/report/facts.ts'
import type { Store } from '#ports'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { GateAnswer } from '#schemas/heldout.ts'
import type { RunManifest } from '#schemas/run.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { number } from '../../../functions/pages/kit/format.ts'
import { reportPage } from '../../../functions/pages/report/page.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { readReport } from '../../../functions/steps/report/read-report.ts'
import { keepRefusal } from '../../../functions/steps/run/refusal.ts'
import { readJson, readLines, readText } from '../../../functions/streams/read-object.ts'
import { plain } from '../../pages/html.ts'
import { aFamily, aTarget, aWorld } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const report = (store: Store, id = 'r') => readReport(store, transcriptEngine(), id)
const keysOf = async (store: Store) =>
  (await Promise.all([store.objects, store.vault, store.releases].map((s) => Array.fromAsync(s.list(''))))).flat()
const text = (page: string) =>
  plain(
    page
      .slice(page.indexOf('<main'))
      .replace(/<script>[\s\S]*<\/script>/, '')
      .replace(/<[^>]+>/g, ' '),
  ).replace(/\s+/g, ' ')

describe('the report of a certified run', () => {
  let store: Store
  let facts: ReportFacts
  let page: string
  let file: <T>(name: AutotuneFile) => Promise<T>
  let candidates: CandidateScore[]
  let results: ReplayResult[]
  beforeAll(async () => {
    store = await stocked(memory())
    expect((await run(store, { runId: 'r' })).verdict).toBe('certified')
    facts = (await report(store))!
    page = reportPage(facts)
    file = async <T>(name: AutotuneFile) => (await readJson<T>(store.objects, keys.autotuneRun('r', name)))!
    candidates = await readLines(store.objects, keys.autotuneRun('r', 'candidates.jsonl'))
    results = await readLines(store.objects, keys.autotuneRun('r', 'replay-results.jsonl'))
  })

  test('counts replays and failures of each candidate as its lines do, and all that were paid', () => {
    for (const c of facts.candidates) {
      const own = results.filter((r) => r.candidate_id === c.candidate_id)
      expect(c.replayed?.replays ?? 0).toBe(own.length)
      for (const evaluator of facts.evaluators)
        expect(c.replayed?.failing[evaluator] ?? 0).toBe(
          own.filter((r) => r.scorecard?.scores[evaluator]?.status === 'fail').length,
        )
    }
    expect(results).toHaveLength(facts.search!.counts.paid)
  })

  test('ends the best so far where the best that held every limit is, and never steps back', () => {
    const held = candidates.filter((c) => ['won', 'certified', 'committed', 'dominated'].includes(c.fate))
    expect(facts.search!.best.at(-1)!.metric).toBe(Math.min(...held.map((c) => c.metric!)))
    for (const [i, step] of facts.search!.best.entries()) {
      const before = facts.search!.best[i - 1]
      if (before) expect([step.metric < before.metric, step.paid >= before.paid]).toEqual([true, true])
      const own = results.map((r) => r.candidate_id).lastIndexOf(step.candidate_id)
      expect(step.paid).toBe(own + 1)
    }
  })

  test('says the gain of the gate, the digests of the manifest and the families that are sealed', async () => {
    const gate = await file<GateAnswer>('gate.json')
    const manifest = await file<RunManifest>('manifest.json')
    const [winner] = gate.certified ? gate.certificates.filter((c) => c.candidate_id === facts.shown_candidate) : []
    const { baseline, candidate } = winner!.metric
    const shown = text(page).replaceAll('\u00a0', ' ')
    expect(shown).toContain(`held out ${number(baseline!)} tokens to ${number(candidate!)} tokens`)
    for (const digest of Object.values(manifest.artifacts)) expect(page).toContain(digest)
    expect(shown).toContain(`${number(winner!.heldout.families)} sealed families`)
    expect(facts.question).toMatchObject({ question: gate.question, passed: true })
    expect(facts.candidates).toHaveLength(manifest.summary.search.visited)
  })

  test('adds up: what one decision costs by part is the metric, before and after', () => {
    const { spending, metric } = facts.evidence!
    for (const side of ['before', 'after'] as const) {
      const total = spending!.parts.filter((p) => p.kind !== 'output').reduce((sum, p) => sum + p.tokens[side], 0)
      expect(total / spending!.decisions).toBeCloseTo(metric[side]!, 6)
    }
    expect(facts.baseline_metric).toBeCloseTo(metric.before!, 9)
  })

  test('a chance of a certificate that agrees with the preflight', () => {
    for (const curve of facts.power) {
      const row = facts.preflight.find((r) => r.guardrail === curve.guardrail)!
      if (curve.needs !== null && row.needed !== null) expect(curve.needs).toBe(row.needed)
      for (const { points } of curve.lines) for (const [, p] of points) expect(p >= 0 && p <= 1).toBe(true)
    }
    expect(facts.power.length).toBeGreaterThan(0)
  })

  test('is the same bytes each time, and nothing is written for it', async () => {
    const before = await keysOf(store)
    expect(reportPage((await report(store))!)).toBe(page)
    expect(await keysOf(store)).toEqual(before)
  })

  test('names no sealed case but those of a version that its yes retired', async () => {
    const sealed = await keysOf({ ...store, objects: store.vault, releases: store.vault })
    expect(sealed.length).toBeGreaterThan(0)
    const gate = await file<GateAnswer>('gate.json')
    expect(gate.certified).toBe(true)
    expect(facts.certificate!.candidate_id).toBe(facts.shown_candidate)
  })

  test('is refused where a file of the run was changed', async () => {
    const other = await stocked(memory())
    await run(other, { runId: 'r' })
    const key = keys.autotuneRun('r', 'candidates.jsonl')
    await other.objects.put(key, `${(await readText(other.objects, key))!.replace('0', '1')}`)
    await expect(report(other)).rejects.toThrow(
      /candidates\.jsonl of run r was changed or is missing: "autotune verify r"/,
    )
  })

  test.each(['nobody', '../r', '..', 'a/b', '', 'r%2f', 'r\u0000'])('there is none of %j', async (id) => {
    expect(await report(store, id)).toBeNull()
  })
})

describe('the report of a run that proposes nothing', () => {
  test('inconclusive: what the sealed set lacks, and how much', async () => {
    const store = await stocked(memory())
    const policy = { min: 1, max_violation_rate: 0.001 }
    const target = aTarget({ guardrails: { ...aTarget().guardrails, policy } })
    const { verdict, reasons } = await run(store, { runId: 'r', target })
    expect(verdict).toBe('inconclusive')
    const facts = (await report(store))!
    expect([facts.verdict, facts.reasons, facts.certificate, facts.question]).toEqual([verdict, reasons, null, null])
    expect(facts.next[0]).toMatch(/^policy: import \d+ more sealed families/)
    expect(text(reportPage(facts))).toContain('this run spent nothing of any error budget')
  })

  test('not certified: one bit, and no sealed case', async () => {
    const second = aFamily('second', { side: 'heldout', family: 'family-h0', required: 3 })
    const store = await stocked(memory(), [...aWorld({ search: 6, heldout: 100 }), second])
    expect((await run(store, { runId: 'r' })).verdict).toBe('not_certified')
    const facts = (await report(store))!
    const page = reportPage(facts)
    expect(facts.question).toMatchObject({ passed: false })
    expect(facts.certificate).toBeNull()
    expect(text(page)).toContain('Nothing of a sealed case may be told: the answer was one bit.')
    for (const gone of ['family-h0', 'second', 'case-h0']) expect(JSON.stringify(facts) + page).not.toContain(gone)
  })

  test('given up in its question: what the ledger knows, and that the question is spent', async () => {
    const store = await stocked(memory())
    await run(store, { runId: 'r' })
    for await (const key of store.objects.list(keys.autotune())) await store.objects.delete(key)
    const facts = (await report(store))!
    expect(facts).toMatchObject({ verdict: 'abandoned', question: { question: 1, passed: false }, finished_at: null })
    const shown = text(reportPage(facts))
    for (const part of ['Given up.', 'it counts as spent', 'Run its target again']) expect(shown).toContain(part)
  })

  test('refused before its search: the reasons, and the command that asks the same', async () => {
    const store = await stocked(memory())
    await keepRefusal(store, 'r', aTarget(), ['owner is missing: who answers for this proposal'])
    const facts = (await report(store))!
    expect(facts.verdict).toBe('refused')
    const shown = text(reportPage(facts))
    for (const part of ['owner is missing', 'autotune doctor']) expect(shown).toContain(part)
  })
})
