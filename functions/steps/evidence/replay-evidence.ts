/** The evidence of a change, from the stored search set: both sides replayed once, and a few cases read with their texts. */
import { baselinePins } from '#core/baseline/baseline.ts'
import { Gathered } from '#core/baseline/reproduce.ts'
import { metricOver } from '#core/evaluate/metric.ts'
import type { Panel } from '#core/evaluate/panel.ts'
import { answeredPair, type CasePair, transcriptPair } from '#core/evidence/case-pair.ts'
import { EvidenceGathering } from '#core/evidence/gather.ts'
import { PromptCosts } from '#core/evidence/prompt-cost.ts'
import type { RunEvidence, WholeCase } from '#core/evidence/types.ts'
import { type CaseSketch, withTexts } from '#core/evidence/whole-case.ts'
import { certificateFor } from '#core/gate/answer.ts'
import { liveOf } from '#core/replay/cage.ts'
import { applyPatch, tableOf } from '#core/space/scope.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { GateAnswer } from '#schemas/heldout.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Measures } from '#schemas/suite.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, RunLoader, Scratch, Store } from '../../ports.ts'
import { orNull, readJson, streamLines } from '../../streams/read-object.ts'
import { readIndex } from '../experience/run-index.ts'
import { runLoader } from '../experience/run-loader.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { pinnedLines } from '../run/pinned-input.ts'
import { answeredBaseline } from './answered-baseline.ts'

/** The baseline's replay of the search set, and what a candidate showed beside it. */
interface ReplayedEvidence {
  readonly panel: Panel
  /** The target's metric of the baseline; null: not known. */
  readonly baselineMetric: number | null
  /** null: no candidate was named. */
  readonly evidence: RunEvidence | null
}

/**
 * Replays the baseline of a run's search set, and one of its candidates beside it. Reads the search side alone; of the
 * sealed side it repeats what the run's gate published. Writes nothing.
 * @param candidate whose evidence is gathered; null: only the baseline is replayed
 * @param candidates all of the run's
 */
export async function replayEvidence(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce'>,
  run: AutotuneRun,
  candidate: CandidateScore | null,
  candidates: readonly CandidateScore[],
): Promise<ReplayedEvidence> {
  const gathered = new Gathered()
  const { pack, evaluator_suite: suite, price_table: prices } = run
  const gathering = candidate && new EvidenceGathering(prices, new PromptCosts(candidate.patch, pack, suite, prices))
  const aside = store.scratch()
  try {
    const pairOf = candidate && (await pairs(store, aside, run, candidate))
    if (gathering) await readDays(store, aside, run.target.intent!)
    const lines = await pinnedLines(store, run)
    // The baseline of a live run was asked anew: its record says nothing of what that came to.
    const reproduced = liveOf(run.replayer)
      ? answeredBaseline(store, aside, run, lines)
      : engine.reproduce(lines, baselinePins(run), 'search')
    for await (const { line, ...one } of reproduced) {
      gathered.add(one)
      const pair = pairOf && 'measures' in one.result ? await pairOf(JSON.parse(line), one.result.measures) : null
      if (pair) gathering?.add(pair, aside.get(`${DAY}${pair.recording.run_id}`) || null)
    }
    const { panel } = gathered.reproduction(run.draw)
    const baselineMetric = metricOver(run.target.metric!, panel.baseline)
    if (!gathering) return { panel, baselineMetric, evidence: null }
    const manifest = await orNull(readJson<RunManifest>(store.objects, file(run, 'manifest.json')))
    const gate = await orNull(readJson<GateAnswer>(store.objects, file(run, 'gate.json')))
    const evidence = gathering.evidence(
      {
        candidate: candidate!,
        candidates,
        pack: run.pack,
        direction: run.target.direction!,
        baselineMetric,
        rejections: run.rejections,
        recordedCases: run.search_set.cases,
        families: panel.families,
        certificate: certificateFor(gate, candidate!.candidate_id),
        runDay: manifest?.started_at ?? null,
      },
      await wholeCases(store, run, gathering.shownCases()),
    )
    return { panel, baselineMetric, evidence }
  } finally {
    aside.close()
  }
}

const file = (run: AutotuneRun, name: Parameters<typeof keys.autotuneRun>[1]): string =>
  keys.autotuneRun(run.run_id, name)

const DAY = 'day '
const RESULT = 'result '

type PairOf = (replayCase: ReplayCase, baseline: Measures) => CasePair | null | Promise<CasePair | null>

/** What replays both sides of a case: this program, or what a harness of the user's own answered in the run. */
async function pairs(store: Store, aside: Scratch, run: AutotuneRun, candidate: CandidateScore): Promise<PairOf> {
  const baseline = tableOf(run.pack)
  if (run.replayer.kind === 'transcript') {
    const settings = applyPatch(baseline, candidate.patch)
    const pins = { baseline, candidate: settings, prices: run.price_table, suite: run.evaluator_suite }
    const judge = judgingWith(store.verdicts, 'search')
    return (replayCase) => judge(pins.suite, () => transcriptPair(replayCase, pins))
  }
  for await (const line of streamLines(store.objects, file(run, 'replay-results.jsonl'))) {
    const result = JSON.parse(line) as ReplayResult
    if (result.candidate_id === candidate.candidate_id) aside.set(`${RESULT}${result.case_id}`, line)
  }
  return (replayCase, measures) => {
    const line = aside.get(`${RESULT}${replayCase.case_id}`)
    return answeredPair(replayCase, measures, line === null ? null : (JSON.parse(line) as ReplayResult))
  }
}

/** Puts aside on which day each run of an intent was recorded. */
async function readDays(store: Store, aside: Scratch, intent: string): Promise<void> {
  for await (const { run_id, date } of readIndex(store, intent)) aside.set(`${DAY}${run_id}`, date ?? '')
}

/** The cases that are shown, each with the texts of its recorded run. */
async function wholeCases(
  store: Store,
  run: AutotuneRun,
  shown: readonly (readonly [group: string, sketch: CaseSketch])[],
): Promise<WholeCase[]> {
  if (shown.length === 0) return []
  const load = runLoader(store, [store.objects], run.target.intent!)
  const cases: WholeCase[] = []
  for (const [group, sketch] of shown) cases.push(withTexts(sketch, group, await recordedRun(load, sketch)))
  return cases
}

/** The run of a case; null: it is not in this store any more. */
async function recordedRun(load: RunLoader, sketch: CaseSketch): Promise<ExperienceRun | null> {
  try {
    return await load(sketch)
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
}
