/** The props of `Autotune`, and what each of them may be. */
import type { Duration } from 'aws-cdk-lib'
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { TuningTarget } from '#schemas/target.ts'
import { A_TOPIC, byName, type Contract, is, shape, YES_OR_NO } from '../props.ts'
import { A_SCHEDULE } from '../schedule.ts'
import type { AuditSqlSettings } from './audit-sql.ts'
import type { CadenceProps } from './cadence.ts'
import type { HarnessProps } from './harness.ts'
import type { JudgeProps } from './judges.ts'
import type { ReviewDeskProps } from './review-desk.ts'
import type { RolloutsProps } from './rollouts.ts'
import { RUNTIME, type RuntimeSettings } from './runtime-settings.ts'
import type { AllStores } from './workflow-rights.ts'

/** What is tuned, when, and within which limits. */
export interface AutotuneProps extends RuntimeSettings {
  /** Experience, vault, ledger and releases that the workflows work on: a `StatefulStack`. */
  readonly stores: AllStores
  /**
   * Targets that are tuned by themselves, by a name of yours: letters and digits, since it becomes part of a construct id.
   * @default - none; runs are started by hand
   */
  readonly targets?: Readonly<Record<string, TuningTarget>>
  /**
   * When they are started.
   * @default - every day at 03:00 UTC, within a window of an hour
   */
  readonly schedule?: ScheduleExpression
  /**
   * When single targets are started instead, by their names, each on the clock of its place:
   * `ScheduleExpression.cron({ hour: '6', timeZone: TimeZone.EUROPE_BERLIN })`.
   * @default - all by `schedule`
   */
  readonly schedules?: Readonly<Record<string, ScheduleExpression>>
  /**
   * The review desk: who reviews what a run certified, by mailed links.
   * @default - none; a certified run waits in the store
   */
  readonly review?: Pick<ReviewDeskProps, 'config'>
  /**
   * The rollouts that an approval starts, by intent.
   * @default - none; an approval starts nothing
   */
  readonly rollouts?: Pick<RolloutsProps, 'configs' | 'services' | 'deliver'>
  /**
   * The daily routine, with its weekly and quarterly look back.
   * @default - none; nothing is watched from day to day
   */
  readonly routine?: Omit<CadenceProps, 'stores' | 'tuning' | 'deadLetters' | 'judges'>
  /**
   * The store as tables for SQL, kept up to date, and a role that may ask them in Athena: `{}` for the defaults.
   * @default - none; not one resource of it
   */
  readonly auditSql?: AuditSqlSettings
  /**
   * Whether what was decided is signed, each kind under a key of its own in KMS.
   * @default false
   */
  readonly attestations?: boolean
  /**
   * Cases of one replay shard, at most: what one function call reads. It ends at 8 million characters too. 1 to 10,000.
   * @default 5000
   */
  readonly shardCases?: number
  /**
   * Shards that are replayed at once. 1 to 10,000.
   * @default 100
   */
  readonly maxConcurrency?: number
  /**
   * From the opening of a question to the sealed set until its answer can be read: the same for every answer, so that
   * nobody learns more than the one bit from how long it took. Scoring that is not done by then is a "no": leave several
   * times what scoring takes. 5 minutes to a day.
   * @default Duration.hours(1)
   */
  readonly answerAfter?: Duration
  /**
   * Your own harness, for targets whose `scoring.replayer` is `module`.
   * @default - none; such a target is refused
   */
  readonly harness?: HarnessProps
  /**
   * Modules of your own that judge, for suites whose evaluators have `check: "module"`.
   * @default - none; a run whose suite asks one is refused when it starts
   */
  readonly judges?: readonly JudgeProps[]
  /**
   * Most that the questions of 365 days may spend, over all intents and versions: a run that would go beyond it is refused.
   * @default - what the bands of `routine` declare; without them nothing is refused for it
   */
  readonly yearBudget?: number | undefined
}

type Given<Name extends keyof AutotuneProps> = NonNullable<AutotuneProps[Name]>

/** Documents, figures and modules are held to their own contracts where they are read. */
const PROPS: Contract<AutotuneProps> = {
  ...RUNTIME,
  stores: null,
  targets: byName('targets by a name of theirs: { RefundCents: TuningTarget.parse(...) }', null),
  schedule: A_SCHEDULE,
  schedules: byName('schedules by the names of targets', A_SCHEDULE),
  review: shape<Given<'review'>>({ config: null }),
  rollouts: shape<Given<'rollouts'>>({ configs: null, services: null, deliver: null }),
  routine: shape<Given<'routine'>>({
    bands: null,
    at: null,
    weekly: null,
    quarterly: null,
    topic: A_TOPIC,
  }),
  auditSql: shape<AuditSqlSettings>({ bytesPerQuery: null, resultsStay: null }),
  attestations: YES_OR_NO,
  shardCases: null,
  maxConcurrency: null,
  answerAfter: null,
  harness: null,
  judges: null,
  yearBudget: is('above 0 and below 1', (share) => typeof share === 'number' && share > 0 && share < 1),
}

/** Throws RangeError, naming it, for a prop that there is none of, or that is not what it should be. */
export const needProps = (props: AutotuneProps): void => shape(PROPS)('', props)
