/** What is on record of each intent for a quarter: questions with their days, limits with what they caught, another suite beside its own. */
import { dayAfter } from '#core/cadence/days.ts'
import { endOf } from '#core/cadence/funnel.ts'
import type { LimitedRun } from '#core/cadence/limits.ts'
import type { QuarterRecords } from '#core/cadence/quarterly.ts'
import { type MeasuredTwice, rebaseline } from '#core/cadence/rebaseline.ts'
import { sliceRow } from '#core/cadence/slice-rows.ts'
import { caseOf, type IndexLine } from '#core/experience/index-line.ts'
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { IntentBands } from '#schemas/bands.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { GuardrailName } from '#schemas/metrics.ts'
import type { Rebaseline } from '#schemas/quarterly.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, streamValues } from '../../streams/read-object.ts'
import { versionsOf } from '../experience/families.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { readIndex } from '../experience/run-index.ts'
import { askedQuestions } from '../heldout/year.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { endedRuns } from '../run/run-lines.ts'
import { measuredBy, recordingsOf } from './slice-rows.ts'
import { recordsUntil } from './week-records.ts'

/**
 * Records of some intents until the end of a day.
 * @param suite ref of another suite that is put beside the one in use; null: none is
 */
export async function quarterUntil(
  store: Store,
  date: string,
  intents: readonly IntentBands[],
  suite: string | null,
): Promise<Map<string, QuarterRecords>> {
  const searched = await recordsUntil(store, date, intents)
  const limited = await limitedRuns(store, date)
  const records = new Map<string, QuarterRecords>()
  for (const of of intents) {
    const versions = (await versionsOf(store, of.intent)).map((row) => row.body)
    records.set(of.intent, {
      asked: await askedQuestions(store, versions),
      limited: limited.get(of.intent) ?? [],
      searched: searched.get(of.intent)!.searched,
      rebaseline: suite === null ? null : await sideBySide(store, of, versions, suite, date),
    })
  }
  return records
}

/** Runs that searched in the quarter until a day, by intent, with what each limit refused. */
async function limitedRuns(
  store: Pick<Store, 'objects' | 'rolesApart'>,
  date: string,
): Promise<Map<string, LimitedRun[]>> {
  const end = endOf(date)
  const since = dayAfter(date, 1 - QUARTER_DAYS)
  const runs = new Map<string, LimitedRun[]>()
  for await (const line of endedRuns(store)) {
    // Lines come newest first.
    if (line.date < since) break
    if (line.intent === null || line.date >= end) continue
    const run = await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(line.run_id, 'target.json')))
    if (!run) continue
    const caught: Partial<Record<GuardrailName, number>> = {}
    const scores = streamValues<CandidateScore>(store.objects, keys.autotuneRun(line.run_id, 'candidates.jsonl'))
    for await (const { fate, guardrails } of scores)
      if (fate === 'search_guardrail')
        for (const { guardrail, verdict } of guardrails)
          if (verdict === 'block') caught[guardrail as GuardrailName] = (caught[guardrail as GuardrailName] ?? 0) + 1
    const of = runs.get(line.intent) ?? []
    runs.set(line.intent, of)
    of.push({ ended: line.date, metric: run.target.metric ?? '', guardrails: run.target.guardrails ?? {}, caught })
  }
  return runs
}

/** Recorded runs of the search side until a day under both suites. */
async function sideBySide(
  store: Store,
  of: IntentBands,
  versions: readonly LedgerItem[],
  suite: string,
  date: string,
): Promise<Rebaseline> {
  const was = await measuredBy(store, of)
  if ((await readJson(store.objects, keys.suite(suite))) === null)
    throw new UserError(
      `--suite names ${suite}, which is not in this store: "autotune import --suite FILE" publishes it`,
    )
  const now = await measuredBy(store, { ...of, measured_by: { ...of.measured_by, evals: suite } })
  const lines: IndexLine[] = []
  for await (const line of readIndex(store, of.intent)) if (!line.planned && (line.date ?? '') <= date) lines.push(line)
  const runs: MeasuredTwice[] = []
  const judge = judgingWith(store.verdicts, 'search')
  for await (const { recording, family } of recordingsOf(new RecordedRuns(store.objects), lines))
    runs.push({
      case_id: caseOf(lines[runs.length]!),
      was: await judge(was.suite, () => sliceRow(recording, family, was)),
      now: await judge(now.suite, () => sliceRow(recording, family, now)),
    })
  const retires = versions.filter((v) => v.retired === null && v.suite === of.measured_by.evals).map((v) => v.version)
  return rebaseline(of.measured_by.evals, suite, runs, retires)
}
