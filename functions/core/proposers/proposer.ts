/**
 * The proposer port: from what the search side and people say, to changes with a rationale and a prediction. What comes out is
 * bounded, replayed on the search side and gated like any hand-written change; a proposer decides nothing.
 */
import type { BlockLibrary } from '#schemas/block-library.ts'
import type { HandWrittenChange } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import type { Insight } from '#schemas/insight.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { Prediction } from '#schemas/prediction.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import type { Standing } from '../contract/standing.ts'
import type { TunableField } from '../space/lattice.ts'
import type { SearchFacts } from './facts.ts'

type Released = Standing['released'][number]

/** Settings that were released for the intent, and by which change, with what the sealed set measured of it. */
export interface ReleasedSettings extends Released {
  /** Null: nobody recorded which change it was. */
  readonly change: {
    readonly patch: Patch
    /** `observed_delta` of its proposal: delta key of a metric -> candidate minus baseline. */
    readonly delta: Readonly<Record<string, number | null>>
  } | null
}

/** What every proposer is given. All of it is of the search side, or public; no sealed case is in it. */
export interface ProposerInput {
  readonly target: ResolvedTarget
  readonly pack: ContextPack
  /** Surfaces that the target may change. */
  readonly fields: readonly TunableField[]
  readonly facts: SearchFacts
  /** What recurs in recorded runs, under what people corrected. */
  readonly insights: readonly Insight[]
  /** Null: nobody handed a library over. */
  readonly blocks: BlockLibrary | null
  /** In the order of their rollouts. */
  readonly released: readonly ReleasedSettings[]
  /** Dead ends of this run. */
  readonly rejections: readonly RejectionRecord[]
}

/** A change as a proposer makes it: why, and what it will do. `from` values are filled in from the pack. */
export interface ProposedChange extends Pick<HandWrittenChange, 'patch'> {
  readonly rationale: string
  readonly prediction: Prediction
}

/** One way to make changes. The same input gives the same list, but for one that asks a model. */
export interface Proposer {
  /** `origin` of its candidates. */
  readonly name: string
  propose(input: ProposerInput): Made | Promise<Made>
}

/** What a model said and nobody could take for a change, with the reason. */
export interface Unread {
  /** As it named them; empty: of the whole answer. */
  readonly paths: readonly string[]
  readonly reason: string
}

/** Changes alone, or beside them what was not read, and what the model's answers cost. */
type Made =
  | readonly ProposedChange[]
  | {
      readonly changes: readonly ProposedChange[]
      readonly unread: readonly Unread[]
      readonly usage: readonly ModelUsage[]
    }

/** One that asks nobody: a pure function of its input. */
export interface PureProposer extends Proposer {
  propose(input: ProposerInput): readonly ProposedChange[]
}

/** Who is asked for a run, and what people handed over for them. */
export interface Proposing {
  readonly proposers: readonly Proposer[]
  /** Null: no library of blocks. */
  readonly blocks: BlockLibrary | null
}
