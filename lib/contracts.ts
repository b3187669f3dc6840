/**
 * Documents of a deployment, held to their contract at synthesis, whether a context value names a file of them or a prop holds them:
 * no deployment starts with one that is wrong.
 */
import { Token } from 'aws-cdk-lib'
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type * as z from 'zod'
import { unansweredAlone } from '#core/contract/contract.ts'
import { Bands, edgeProblem } from '#schemas/bands.ts'
import { Id } from '#schemas/common.ts'
import { samePerson } from '#schemas/person.ts'
import { RolloutConfig } from '#schemas/release.ts'
import { ReviewDeskConfig } from '#schemas/reviewers.ts'
import { TuningTarget } from '#schemas/target.ts'
import { saidBy } from './schedule.ts'

/** Targets by a name of theirs. */
export type Targets = Readonly<Record<string, TuningTarget>>

/**
 * A document as its contract reads it.
 * @param where it stands, for people: the path of a file, or the name of a prop
 * @throws RangeError naming the field that is wrong
 */
export function held<T>(where: string, contract: z.ZodType<T>, value: unknown): T {
  const late = tokenIn(value)
  if (late !== null)
    throw new RangeError(
      `${where}: ${late || 'document'}: is known at deployment alone, and this is read at synthesis: put the value itself there`,
    )
  const result = contract.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new RangeError(`${where}: ${issue.path.join('.') || 'document'}: ${issue.message}`)
}

/** Path of the first token in a value; null: there is none. */
function tokenIn(value: unknown, path: readonly string[] = []): string | null {
  if (Token.isUnresolved(value)) return path.join('.')
  if (value === null || typeof value !== 'object') return null
  for (const [key, part] of Object.entries(value)) {
    const late = tokenIn(part, [...path, key])
    if (late !== null) return late
  }
  return null
}

/** Targets of the prop `targets`. @throws RangeError for a name that is no part of a construct id, and for a target that is none */
export const heldTargets = (targets: Readonly<Record<string, unknown>>): Targets =>
  Object.fromEntries(
    Object.entries(targets).map(([name, target]) => {
      if (!/^[A-Za-z0-9]+$/.test(name))
        throw new RangeError(`targets names ${JSON.stringify(name)}; a name has letters and digits alone: RefundCents`)
      return [name, heldTarget(`targets.${name}`, target)]
    }),
  )

/** A target that answers all that is asked of it alone: a run would be refused over the rest every night. @throws RangeError naming the first */
export function heldTarget(where: string, value: unknown): TuningTarget {
  const target = held(where, TuningTarget, value)
  needAnswers(where, target)
  return target
}

function needAnswers(where: string, target: TuningTarget): void {
  const [first, ...more] = unansweredAlone(target)
  if (first === undefined) return
  throw new RangeError(
    `${where}: ${first}${more.length > 0 ? ` (and ${more.length} more: "autotune doctor" lists them)` : ''}`,
  )
}

/**
 * Throws RangeError for two targets that are in each other's way: a run locks its intent, so of two that start together one is refused,
 * and two of one metric ask one question twice.
 * @param scheduleOf when the target of a name starts
 */
export function needTurns(targets: Targets, scheduleOf: (name: string) => ScheduleExpression): void {
  const all = Object.entries(targets)
  for (const [i, [name, { intent, metric }]] of all.entries())
    for (const [other, target] of all.slice(0, i)) {
      if (target.intent !== intent) continue
      const both = `targets.${other} and targets.${name} are both of intent "${intent}"`
      if (target.metric === metric)
        throw new RangeError(
          `${both} and metric ${metric}, and would spend questions on one thing twice: keep one of them`,
        )
      if (saidBy(scheduleOf(other)) === saidBy(scheduleOf(name)))
        throw new RangeError(
          `${both} and start together, and a run locks its intent, so one would be refused: give one a time of its own (schedules of Autotune)`,
        )
    }
}

/** Where the prop keeps the configuration of an intent. */
const inProps = (intent: string): string => `rollouts.configs[${JSON.stringify(intent)}]`

/**
 * How intents are rolled out, by intent.
 * @param where the configuration of an intent stands
 * @throws RangeError for what is no intent, and for a configuration that is none
 */
export function heldConfigs(
  configs: Readonly<Record<string, unknown>>,
  where = inProps,
): Record<string, RolloutConfig> {
  const entries = Object.entries(configs ?? {})
  if (entries.length === 0) throw new RangeError('rollouts.configs holds no configuration: one an intent, by intent')
  return Object.fromEntries(
    entries.map(([intent, config]) => {
      const { error } = Id.safeParse(intent)
      if (error) throw new RangeError(`${where(intent)}: "${intent}" is no intent: ${error.issues[0]!.message}`)
      const { $schema: _, ...parsed } = held(where(intent), RolloutConfig, config)
      return [intent, parsed]
    }),
  )
}

/** Who reviews. @throws RangeError naming the field that is wrong */
export const heldDesk = (config: unknown): ReviewDeskConfig => held('review.config', ReviewDeskConfig, config)

/**
 * What the routine watches, its targets in it or by their paths.
 * @throws RangeError for bands that are none or that can never break
 */
export function heldBands(where: string, value: unknown): Bands {
  const bands = held(where, Bands, value)
  const problem = edgeProblem(bands)
  if (problem !== null) throw new RangeError(`${where}: ${problem}`)
  for (const [name, target] of Object.entries(targetsOfBands(bands)))
    needAnswers(`${where}: the target of ${name}`, target)
  return bands
}

/** Throws RangeError for a target whose intent has no configuration. @param where the configuration of an intent stands */
export function needConfigs(configs: Readonly<Record<string, RolloutConfig>>, targets: Targets, where = inProps): void {
  for (const [name, { intent }] of Object.entries(targets))
    if (intent !== undefined && !Object.hasOwn(configs, intent))
      throw new RangeError(`there is no ${where(intent)}, and target ${name} is of intent "${intent}"`)
}

/** Throws RangeError for a target that is replayed by a module, where there is none. */
export function needHarness(targets: Targets, harness: object | undefined): void {
  const [name] = Object.entries(targets).find(([, { scoring }]) => scoring?.replayer === 'module') ?? []
  if (name !== undefined && !harness)
    throw new RangeError(`target ${name} is replayed by a module (scoring.replayer), and there is no harness: name one`)
}

/** Throws RangeError for a target that requires a role for which nobody but its owner is named. @param where the reviewers stand */
export function needReviewers(where: string, { roles }: ReviewDeskConfig, targets: Targets): void {
  for (const [name, { release_path, owner }] of Object.entries(targets))
    for (const role of release_path?.requires_reviewers ?? [])
      if (!(Object.hasOwn(roles, role) && roles[role]!.some((reviewer) => !samePerson(reviewer, owner ?? ''))))
        throw new RangeError(
          `${where}: target ${name} requires a reviewer as "${role}", and nobody but its owner is named for it`,
        )
}

/**
 * The documents of the props of `Autotune`, each for itself and beside each other, before anything is made of them.
 * @returns the bands; null without a routine
 * @throws RangeError naming the prop and the field that is wrong
 */
export function heldProps({ rollouts, review, routine, harness }: DocumentProps, targets: Targets): Bands | null {
  const bands = routine ? heldBands('routine.bands', routine.bands) : null
  const tuned = { ...targets, ...targetsOfBands(bands) }
  needHarness(tuned, harness)
  if (rollouts) needConfigs(heldConfigs(rollouts.configs), tuned)
  if (review) needReviewers('review.config', heldDesk(review.config), tuned)
  return bands
}

interface DocumentProps {
  readonly rollouts?: { readonly configs: Readonly<Record<string, unknown>> } | undefined
  readonly review?: { readonly config: unknown } | undefined
  readonly routine?: { readonly bands: unknown } | undefined
  readonly harness?: object | undefined
}

/** Targets that broken bands run, by intent and metric. */
export const targetsOfBands = (bands: Bands | null): Targets =>
  Object.fromEntries(
    (bands?.intents ?? []).flatMap(({ intent, bands: of }) =>
      of.flatMap(({ metric, target }) =>
        typeof target === 'object' ? [[`${metric} of ${intent}`, { intent, ...target }] as const] : [],
      ),
    ),
  )
