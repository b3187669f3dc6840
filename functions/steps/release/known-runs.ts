/** What a production log says of each run so far, and whether a further line of it is known, new, says more, or contradicts. */
import { digestOf } from '#core/canonical.ts'
import { instantAfter } from '#core/instant.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'

/** The moment at which a line was written at the earliest; of a run without moments, the empty text. */
export const toldAt = ({ started_at = '', outcome_at }: ProductionRun): string => outcome_at ?? started_at

/** Clocks of two machines differ by less. */
const SKEW_HOURS = 5 / 60

/** Why the moments of a run cannot be, where its rollout declares subjects; null: they can. */
export function whyNotTimed({ config }: Rollout, run: ProductionRun, now: string): string | null {
  if (config.subjects === undefined) return null
  const { run_id, started_at, outcome_at } = run
  if (started_at === undefined)
    return `run ${run_id} has no started_at: the window of its subject begins with it. Log when each run started`
  if (outcome_at === undefined)
    return `run ${run_id} has no outcome_at: log when its outcome was known, or null as long as it is not`
  if (toldAt(run) > instantAfter(now, SKEW_HOURS))
    return `run ${run_id} tells of ${toldAt(run)}, and it is ${now}: set the clock of the runtime, or of this machine`
  return null
}

/** What a line is to those before it. */
type Taken = 'new' | 'amends' | 'known'

interface Known {
  /** Of every line, the latest last. */
  readonly contents: readonly string[]
  /** Of everything in which lines of one run may not differ. */
  readonly identity: string
  /** Of the latest line; the empty text: still to come. */
  readonly outcomeAt: string
}

/** The runs of a log. */
export class KnownRuns {
  readonly #rollout: Rollout
  readonly #runs: Map<string, Known>
  /** Runs of the one that this is a copy of: a copy reads them and never changes them. */
  readonly #below: KnownRuns | null

  constructor(rollout: Rollout, below: KnownRuns | null = null) {
    this.#rollout = rollout
    this.#runs = new Map()
    this.#below = below
  }

  /** May a run be told of again? A rollout without subjects counts what came first. */
  get #amends(): boolean {
    return this.#rollout.config.subjects !== undefined
  }

  /** One that forgets what it takes. */
  copy(): KnownRuns {
    return new KnownRuns(this.#rollout, this)
  }

  #of(id: string): Known | undefined {
    return this.#runs.get(id) ?? (this.#below === null ? undefined : this.#below.#of(id))
  }

  /** A line of the log itself. */
  add(run: ProductionRun): void {
    const before = this.#of(run.run_id)
    const content = contentOf(run)
    this.#runs.set(run.run_id, {
      contents: [...(before?.contents ?? []), content],
      identity: before?.identity ?? (this.#amends ? identityOf(run) : ''),
      outcomeAt: run.outcome_at ?? '',
    })
  }

  /**
   * A line that came in.
   * @param at where it stands, for the message
   * @throws UserError for other content under a known id, unless its outcome is a later one and nothing else differs
   */
  take(run: ProductionRun, at: string): Taken {
    const before = this.#of(run.run_id)
    if (before === undefined) {
      this.add(run)
      return 'new'
    }
    if (before.contents.includes(contentOf(run))) return 'known'
    const outcomeAt = run.outcome_at ?? ''
    const amendable = this.#amends && before.identity === identityOf(run)
    if (!amendable || outcomeAt === before.outcomeAt) throw changed(run.run_id, at, amendable)
    // A line that was overtaken on its way: what is known is newer.
    if (outcomeAt < before.outcomeAt) return 'known'
    this.add(run)
    return 'amends'
  }
}

const contentOf = (run: ProductionRun): string => digestOf(run).slice(7, 39)

const identityOf = ({ measures: _, outcome_at: __, ...rest }: ProductionRun): string => digestOf(rest).slice(7, 39)

const changed = (runId: string, at: string, amendable: boolean): UserError =>
  new UserError(
    `${at}: run ${runId} was recorded before with other content. The log only grows: ${amendable ? 'give what came later a later outcome_at' : 'give the run its own run_id'}`,
  )
