/** The proposer that asks a model: it reads failed search cases, asks once within a budget, and hands over what the answer holds. */
import { plannedText } from '#core/model/planned.ts'
import { type ModelRequest, requestDigest } from '#core/model/request.ts'
import { usageRows } from '#core/model/tally.ts'
import type { FailedRecording } from '#core/proposers/facts.ts'
import type { Proposer } from '#core/proposers/proposer.ts'
import { editsOf } from '#core/proposers/reflected-edits.ts'
import { type FailedCase, reflection } from '#core/proposers/reflection.ts'
import { estimatedTokens } from '#core/space/prompt/tokens.ts'
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { ProposerModel } from '#schemas/proposer-model.ts'
import { REFLECT } from '#schemas/proposers.ts'
import type { AnswerCache, ModelPort, Store } from '../../ports.ts'
import { runLoader } from '../experience/run-loader.ts'
import { modelMeter } from '../model/metered-model.ts'

interface ReflectOptions {
  readonly pinned: ProposerModel
  readonly prices: PriceTable | null
  readonly model: ModelPort
  /** The cache of the search side under a payer. */
  readonly cacheOf: (payer: string) => AnswerCache
  /** Hears what will be asked, and its price, before it is. */
  readonly tell: (line: string) => void
}

/** Failed cases that are read for one question, and steps that are told of each. */
const MOST_CASES = 12
const MOST_STEPS = 30

const NO_PRICES: PriceTable = { price_table: 'none@0.0.0', models: {} }

/** Throws what the model throws: no key, a wrong URL, a budget that is spent. */
export function reflect(store: Pick<Store, 'objects' | 'scratch'>, options: ReflectOptions): Proposer {
  const { pinned, model, cacheOf, tell } = options
  const prices = options.prices ?? NO_PRICES
  return {
    name: REFLECT,
    async propose(input) {
      const failed = await failedCases(store, input.target.intent, input.facts.failed.slice(0, MOST_CASES))
      const question = reflection(input, failed, pinned.max_prompt_tokens)
      if (question === null) return { changes: [], unread: [{ paths: [], reason: NOTHING }], usage: [] }
      const { prompt } = question
      const { max_tokens, temperature, seed, budget } = pinned
      const request: ModelRequest = { model: pinned.model, max_tokens, temperature, seed, prompt, sample: 0 }
      const plan = {
        purpose: 'proposer',
        model: pinned.model,
        calls: 1,
        prompt_tokens: estimatedTokens(prompt),
        max_tokens,
      } as const
      for (const line of plannedText([plan], prices, budget)) tell(line)
      const meter = modelMeter(model, budget, prices)
      // A run that is begun again asks the same and has the same payer; another question has a budget of its own.
      const payer = `reflect ${requestDigest(request)}`
      const reply = await meter.through(cacheOf(payer), 'proposer').converse(request)
      const usage = usageRows(meter.tally(), prices)
      if ('refused' in reply)
        return { changes: [], unread: [{ paths: [], reason: `the model refused: ${reply.refused}` }], usage }
      return { ...editsOf(reply, input, question), usage }
    },
  }
}

const NOTHING =
  'nothing was asked: no search case failed by its label, no setting may change, or not one case fits into max_prompt_tokens'

/** What happened in them, read on the search side alone. */
async function failedCases(
  store: Pick<Store, 'objects' | 'scratch'>,
  intent: string,
  failed: readonly FailedRecording[],
): Promise<FailedCase[]> {
  const load = runLoader(store, [store.objects], intent)
  const told: FailedCase[] = []
  for (const { case_id, recording } of failed) {
    const run = await load(recording)
    told.push({ case_id, says: saysOf(run), steps: run.steps.slice(0, MOST_STEPS).flatMap(stepText) })
  }
  return told
}

const saysOf = ({ outcome, operator_corrections }: ExperienceRun): string[] => [
  `status ${outcome.status ?? 'not recorded'}`,
  ...(outcome.scores ?? []).flatMap(({ name, finding }) => (finding ? [`${name}: ${finding}`] : [])),
  ...operator_corrections.flatMap(({ notes }) => (notes === null ? [] : [`an operator says: ${notes}`])),
]

function stepText(step: Step): string[] {
  switch (step.kind) {
    case 'message':
      return [`${step.role}: ${step.content}`]
    case 'tool_call':
      return [`calls ${step.name} ${JSON.stringify(step.arguments)}`]
    case 'tool_result':
      return [`answer: ${step.content ?? 'not recorded'}`]
    case 'approval':
      return [`gate ${step.gate}: ${step.asked ? 'a person was asked' : 'nobody was asked'}`]
    default:
      return []
  }
}
