/** Controls 5, 31 and 33: what the recorded runs of the search side say of their sources, of who and what, and of models. */
import type { DoneFacts, Evidence } from '../../done/facts.ts'
import { attempt, type Tried } from '../tried.ts'

/** What the cases of a search set, and the documents of its run, say of themselves. Counts are of recordings. */
export interface RecordedFacts {
  readonly searchSet: Evidence
  readonly recordings: number
  /** Recordings whose run is in no index of this store any more. */
  readonly unlisted: number
  readonly passages: number
  /** Passages that name no source. */
  readonly sourceless: number
  /** Documents that the run pinned, by ref, and whether the store's own is the same to the byte. */
  readonly documents: readonly { readonly ref: string; readonly same: boolean }[]
  /** Of runs that were opened: how many, and how many lack each id. */
  readonly opened: number
  readonly lacking: Readonly<Record<string, number>>
  readonly calls: number
  /** Model calls that name no model. */
  readonly unnamed: number
  readonly models: readonly string[]
}

/** What the replays of a run show, counted. */
export interface ReplayFacts {
  readonly replayed: number
  /** By evaluator: replays of which it said something. */
  readonly judged: ReadonlyMap<string, number>
  /** Replays of cases whose label somebody disputed, and those of them that were counted by it all the same. */
  readonly disputed: number
  readonly counted: number
}

const SOURCES =
  'what a run rests on is registered: documents by ref and digest, recorded runs in the index, passages by source'
const TELEMETRY = 'recorded runs carry ids of trace, run, intent, person, session and tool call'
const MODELS = 'every model call names the model that answered, and the pinned table prices it'

/** Control 5. */
export const sources = (facts: RecordedFacts | null): Tried =>
  facts === null
    ? { is: SOURCES, cannot: 'the search set of the run is not there any more' }
    : {
        is: `${SOURCES}: ${facts.recordings} recordings, ${facts.passages} passages`,
        attempts: [
          ...facts.documents.map(({ ref, same }) =>
            attempt(
              `a run that rests on another ${ref} than is registered`,
              same ? 'the store holds what was pinned' : null,
            ),
          ),
          attempt(
            'a case of a run that nobody registered',
            facts.unlisted === 0 ? `all ${facts.recordings} recordings are in the index` : null,
          ),
        ],
        evidence: [facts.searchSet],
        short: facts.sourceless === 0 ? null : `${facts.sourceless} of ${facts.passages} passages name no source`,
      }

/** Control 31. */
export function telemetry(facts: RecordedFacts | null): Tried {
  if (facts === null || facts.opened === 0) return { is: TELEMETRY, cannot: 'no recorded run could be opened' }
  const lacking = Object.entries(facts.lacking).filter(([, n]) => n > 0)
  const always = Object.entries(facts.lacking).filter(([, n]) => n === 0)
  return {
    is: `${TELEMETRY}: ${facts.opened} runs were opened`,
    attempts: always.map(([id]) => attempt(`a recorded run without ${id}`, `each of ${facts.opened} has one`)),
    evidence: [facts.searchSet],
    short:
      lacking.length === 0
        ? null
        : `missing in recorded runs: ${lacking.map(([id, n]) => `${id} in ${n} of ${facts.opened}`).join(', ')}`,
  }
}

/** Control 33. */
export function modelRouting(facts: RecordedFacts | null, { run }: DoneFacts): Tried {
  if (facts === null || !run || facts.calls === 0) return { is: MODELS, cannot: 'no model call was recorded' }
  const prices = run.run.price_table
  const unpriced = facts.models.filter((model) => !prices || !Object.hasOwn(prices.models, model))
  const lacking = [
    ...(unpriced.length > 0 ? [`no pinned price for ${unpriced.join(', ')}`] : []),
    ...(run.run.target.baseline_tuple?.model_profile === undefined
      ? ['the tuple pins no model profile: nothing says which model is to answer']
      : []),
  ]
  return {
    is: `${MODELS}: ${facts.models.join(', ') || 'none named'} in ${facts.calls} calls`,
    attempts: [
      attempt(
        'a call of a model that nobody named',
        facts.unnamed === 0 ? `all ${facts.calls} calls name theirs` : null,
      ),
    ],
    evidence: [facts.searchSet, run.files['target.json']!],
    short: lacking.length === 0 ? null : lacking.join('; '),
  }
}
