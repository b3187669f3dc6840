/** Rows of the runs of the loop: how each ended, its candidates, their limits, and what it left out. */
import { canonical } from '#core/canonical.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { ALL_INTENTS, type ExportRow } from '#schemas/export-tables.ts'
import type { Certificate, GateAnswer } from '#schemas/heldout.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys, nameOf } from '#schemas/s3-keys.ts'
import type { ObjectStore } from '../../ports.ts'
import { readJson, streamValues } from '../../streams/read-object.ts'
import { readRefusal } from '../run/read-refusal.ts'
import { dayOf } from './day.ts'

/** Every run that ended, by its files and not by the lines about it. Throws DamagedObject and UserError where one cannot be read. */
export async function* runRows(objects: ObjectStore): AsyncGenerator<ExportRow> {
  for await (const key of objects.list(keys.autotune())) {
    const [folder, file] = key.slice(keys.autotune().length).split('/')
    const runId = nameOf(folder!)
    if (file === 'manifest.json') yield* rowsOfRun(objects, (await readJson<RunManifest>(objects, key))!)
    if (file === 'refusal.json' && (await readJson(objects, keys.autotuneRun(runId, 'manifest.json'))) === null)
      yield* rowsOfRefusal(objects, runId)
  }
}

async function* rowsOfRefusal(objects: ObjectStore, runId: string): AsyncGenerator<ExportRow> {
  const refusal = await readRefusal(objects, runId)
  if (refusal === null) return
  const { target, refused_at, verdict, reasons, digest } = refusal
  const nothing = { heldout_version: null, winner: null, winner_patch: null, proposal: null, started_at: null }
  const uncounted = { search_set: null, search_cases: null, visited: null, paid: null, unreplayable: null }
  yield {
    table: 'runs',
    day: dayOf(refused_at),
    intent: target.intent ?? ALL_INTENTS,
    values: {
      ...nothing,
      ...uncounted,
      run_id: runId,
      verdict,
      finished_at: refused_at,
      risk_class: null,
      metric: target.metric ?? null,
      direction: target.direction ?? null,
      pack: null,
      suite: null,
      replayer: null,
      failed: null,
      exact: null,
      questions_billed: 0,
      reasons: reasons.join('\n'),
      demonstration: null,
      manifest: digest,
    },
  }
}

async function* rowsOfRun(objects: ObjectStore, manifest: RunManifest): AsyncGenerator<ExportRow> {
  const { run_id, intent, summary, finished_at } = manifest
  const run = await readJson<AutotuneRun>(objects, keys.autotuneRun(run_id, 'target.json'))
  const at = { day: dayOf(finished_at), intent }
  const { search } = summary
  yield {
    table: 'runs',
    ...at,
    values: {
      run_id,
      verdict: manifest.verdict,
      started_at: manifest.started_at,
      finished_at,
      risk_class: manifest.risk_class,
      metric: run?.target.metric ?? null,
      direction: run?.target.direction ?? null,
      pack: run?.pack.pack ?? null,
      suite: run?.evaluator_suite.suite ?? null,
      replayer: run?.replayer.kind ?? null,
      search_set: run?.search_set?.digest ?? null,
      search_cases: run?.search_set?.cases ?? null,
      heldout_version: run?.heldout_test_set?.version ?? null,
      winner: summary.candidates.find(({ fate }) => fate === 'won')?.candidate_id ?? null,
      winner_patch: summary.winner && canonical(summary.winner),
      proposal: summary.proposal,
      visited: search.visited,
      paid: search.paid,
      unreplayable: search.unreplayable,
      failed: search.failed,
      exact: search.exact,
      questions_billed: manifest.billed.heldout_questions,
      reasons: summary.reasons.join('\n'),
      demonstration: run?.demonstration ?? null,
      manifest: manifest.digest,
    },
  }
  for (const { source, reason, n, counts } of leftOut(manifest, run))
    yield { table: 'left_out', ...at, values: { source, of_id: run_id, reason, n, counts } }
  const gate = await readJson<GateAnswer>(objects, keys.autotuneRun(run_id, 'gate.json'))
  const certificates = new Map(gate?.certified ? gate.certificates.map((one) => [one.candidate_id, one]) : [])
  let position = 0
  for await (const scored of streamValues<CandidateScore>(objects, keys.autotuneRun(run_id, 'candidates.jsonl')))
    yield* rowsOfCandidate(run_id, at, {
      scored,
      position: position++,
      certificate: certificates.get(scored.candidate_id),
    })
}

/** What a run counted nowhere: cases whose baseline differs, replays without an answer, changes that were no candidates. */
function leftOut({ summary: { excluded, search } }: RunManifest, run: AutotuneRun | null) {
  const proposed = new Map<string, number>()
  for (const { why, n = 1 } of run?.proposed?.left_out ?? []) proposed.set(why, (proposed.get(why) ?? 0) + n)
  const of = (source: string, counts: string, reasons: Iterable<readonly [string, number]>) =>
    [...reasons].filter(([, n]) => n > 0).map(([reason, n]) => ({ source, reason, n, counts }))
  return [
    ...of('baseline', 'cases', Object.entries(excluded.cases)),
    ...of('replay', 'replays', Object.entries({ unreplayable: search.unreplayable, failed: search.failed })),
    ...of('proposals', 'changes', proposed),
  ]
}

function* rowsOfCandidate(
  run_id: string,
  at: { readonly day: string; readonly intent: string },
  told: { readonly scored: CandidateScore; readonly position: number; readonly certificate: Certificate | undefined },
): Generator<ExportRow> {
  const { scored, position, certificate } = told
  const { candidate_id, search, blast_radius: blast } = scored
  yield {
    table: 'candidates',
    ...at,
    values: {
      run_id,
      candidate_id,
      position,
      digest: scored.digest,
      layer: scored.layer,
      origin: scored.origin ?? null,
      patch: canonical(scored.patch),
      rationale: scored.rationale,
      fate: scored.fate,
      reason: scored.reason,
      metric: scored.metric,
      search_evidence: scored.search_evidence,
      utility: search?.utility ?? null,
      labelled: search?.labelled ?? null,
      improvements: search?.improvements ?? null,
      regressions: search?.regressions ?? null,
      p95_latency_ms: search?.p95_latency_ms ?? null,
      economics_cents: search?.economics_cents ?? null,
      b_config: blast?.b_config ?? null,
      b_context: blast?.b_context ?? null,
      b_decision: blast?.b_decision ?? null,
      negative_flip_rate: blast?.negative_flip_rate ?? null,
      heldout_baseline: certificate?.metric.baseline ?? null,
      heldout_candidate: certificate?.metric.candidate ?? null,
      heldout_p: certificate?.p ?? null,
      heldout_regressions: certificate?.heldout.regressions ?? null,
      heldout_improvements: certificate?.heldout.improvements ?? null,
    },
  }
  for (const { guardrail, verdict, observed, limit, note } of scored.guardrails)
    yield {
      table: 'guardrails',
      ...at,
      values: {
        ...{ run_id, candidate_id, part: 'search', guardrail, kind: null, verdict, observed, limit_value: limit },
        ...{ bound: null, p: null, level: null, note },
      },
    }
  for (const { guardrail, kind, passed, observed, limit, bound, p, level, note } of certificate?.rows ?? [])
    yield {
      table: 'guardrails',
      ...at,
      values: {
        ...{ run_id, candidate_id, part: 'heldout', guardrail, kind, verdict: passed ? 'pass' : 'block', observed },
        ...{ limit_value: limit, bound, p, level, note: note ?? null },
      },
    }
}
