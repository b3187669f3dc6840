/**
 * The model of a live run. This program asks it, for both arms and under the one pin that its owner signed; a harness's process
 * has no network, and what it sends is a prompt. Answers of the search side are kept in the store, those of a question on the
 * sealed side in the vault, for that question alone: a baseline of an earlier one beside a candidate of today would show the
 * model's drift as the candidate's effect.
 */
import type { Job as HostJob } from '#adapters/local/module/protocol.ts'
import { answerCache } from '#adapters/model-cache.ts'
import type { SealedQuestion } from '#core/live/asked-answers.ts'
import { modelName } from '#core/live/model-name.ts'
import type { ModelBudget } from '#core/model/budget.ts'
import { NO_PRICES } from '#core/model/cost.ts'
import type { LivePin } from '#schemas/live-model.ts'
import type { PriceTable } from '#schemas/pack.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { AnswerCache, LiveReplays, ModelPort, ObjectStore, Pass, Store } from '../ports.ts'
import { type LiveSet, needBaseline, needBothArms } from '../steps/live/affordable.ts'
import { caseModel } from '../steps/live/case-model.ts'
import { answerProblem } from '../steps/live/kept-answer.ts'
import { liveRequests, withoutModels } from '../steps/live/live-job.ts'
import { plannedRunLines } from '../steps/live/planned-run.ts'
import { speakingModel } from '../steps/live/speaking-model.ts'
import { modelMeter } from '../steps/model/metered-model.ts'
import type { Job, Side } from '../steps/replay/harness-runner.ts'
import { under } from '../streams/under.ts'

/** What the command line and the store say of a run before its first call. */
interface LivePlan {
  /** Recorded runs on the sealed side. */
  readonly heldout: number
  /** Settings tables of candidates, negative control and no-search arm, at most; null: nobody can tell. */
  readonly candidates: number | null
}

export interface LiveOptions {
  readonly pin: LivePin
  readonly budget: ModelBudget
  /** Null: the target names no price table. */
  readonly prices: PriceTable | null
  /** The model; null: kept answers alone, as a verification takes them. */
  readonly model: ModelPort | null
  /** Whose answers count in the budget: the same for every start of one run. */
  readonly payer: string
  readonly plan: LivePlan
  /** Is told the plan, for people. */
  readonly say: (lines: readonly string[]) => void
}

export interface LiveAsker extends LiveReplays {
  readonly pin: LivePin
  begin(set: LiveSet): void
  /** The job as a process is handed it: its model steps are this program's to answer. */
  jobOf(job: Job, side: Side, pass: Pass): HostJob
}

export function liveAsker(store: Pick<Store, 'objects' | 'vault' | 'clock'>, options: LiveOptions): LiveAsker {
  const { pin, budget, model, payer, plan, say } = options
  const prices = options.prices ?? NO_PRICES
  const meter = model && modelMeter(speakingModel(model, pin), budget, prices)
  const caches = new Map<string, AnswerCache>()
  /** Replays of search cases, and what they asked. */
  let [replays, calls] = [0, 0]

  const sideOf = (question: SealedQuestion | null): ObjectStore =>
    question === null ? store.objects : under(store.vault, keys.gateLog(question.version, question.question))
  const cacheOf = (question: SealedQuestion | null): AnswerCache => {
    const key = question === null ? '' : keys.gateLog(question.version, question.question)
    const cache = caches.get(key) ?? answerCache(sideOf(question), store.clock, payer)
    caches.set(key, cache)
    return cache
  }

  return {
    pin,

    begin({ cases, calls: perCase, tokens }) {
      if (meter === null) return
      const baseline = needBaseline(pin, budget, { cases, calls: perCase })
      say(plannedRunLines({ ...plan, pin, budget, prices, baseline, set: { cases, calls: perCase, tokens } }))
    },

    afford(listed, cases) {
      if (meter === null) return
      const paid = [...meter.tally().values()].reduce((sum, of) => sum + of.paid, 0)
      needBothArms(budget, paid, { listed, cases, perReplay: calls / Math.max(1, replays) })
    },

    jobOf({ recording, settings, repeat = 0, question }, side, pass) {
      const { case_id } = recording.recorded
      if (side === 'vault' && question === undefined) throw new RangeError('a sealed case is asked under a question')
      const cache = cacheOf(question ?? null)
      // The second pass asks the very same, so whatever is not kept by then is another question.
      const port = meter && pass === 'first' ? meter.through(cache, 'replay') : null
      const request = liveRequests(pin, case_id, repeat)
      return {
        recording: withoutModels(recording),
        settings,
        live() {
          const counted = side === 'search' && pass === 'first'
          if (counted) replays++
          const asks = () => {
            if (counted) calls++
          }
          return caseModel({ cache, port, request, name: modelName(pin.model), asks })
        },
      }
    },

    problemOf: (answer, sealed) => answerProblem(sideOf(sealed), answer),
  }
}
