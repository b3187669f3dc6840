/**
 * Context values that stand on the command line themselves: `-c stage=NAME`, `-c alarms=ARN`, `-c appconfig=on`, `-c auditsql=on`, `-c attestations=on`, `-c deliver=FORMS`,
 * `-c daily=TIME` (`weekly` and `quarterly` alike), `-c harness=ARN` or `PATH`, `-c model=ARN`, `-c livekey=ARN` and `-c judges=PATHS`. One that is wrong
 * stops the synthesis and says what is allowed.
 */
import type { Node } from 'constructs'
import { type FormName, formsOf } from '#schemas/forms.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import type { HarnessProps } from '../constructs/harness.ts'
import type { JudgeProps } from '../constructs/judges.ts'
import { ROUTING_SERVICE_NAMES, type RoutingServiceName } from '../constructs/routing-services.ts'
import { type DailyTime, dailyTimeOf } from '../daily-time.ts'
import { contextOf } from './known.ts'

/** One deployment of everything. Its stacks carry it in their names, as a tag, and as the stage that they never leave. */
interface Stage {
  /** As the context value `stage` spells it. */
  readonly name: string
  /** Whether data outlives the stacks. */
  readonly retain: boolean
  /** What the names of its stacks begin with: two stages in one account share nothing, and none can become another. */
  readonly stacks: string
}

const STAGES: readonly Stage[] = [
  // The names that every deployment had before the stage was in them.
  { name: 'prod', retain: true, stacks: 'Autotune' },
  { name: 'staging', retain: true, stacks: 'AutotuneStaging' },
  { name: 'throwaway', retain: false, stacks: 'AutotuneThrowaway' },
]

/**
 * The stage that the context names. There is no default: data is kept or thrown away by it.
 * @throws RangeError with the bad value and the allowed ones, also for none
 */
export function stageOf(node: Node): Stage {
  const name = contextOf(node, 'stage')
  const stage = STAGES.find((s) => s.name === name)
  if (!stage)
    throw new RangeError(
      `context value "stage" is ${name === undefined ? 'missing' : JSON.stringify(name)}; it is one of ${STAGES.map((s) => s.name).join(', ')}`,
    )
  return stage
}

/**
 * Whom alarms call: ARN of an SNS topic. Null without the context value `alarms`: they ring on the dashboard alone.
 * @throws RangeError for anything that is no ARN of a topic
 */
export function alarmTopicOf(node: Node): string | null {
  const arn = contextOf(node, 'alarms')
  if (arn === undefined) return null
  if (typeof arn !== 'string' || !/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(arn))
    throw new RangeError(
      `context value "alarms" is ${JSON.stringify(arn)}; it is the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME`,
    )
  return arn
}

/**
 * Services of AWS that routing is published to: each has a context value of its name, "on" or "off" (without it: off).
 * @param rollouts whether any are deployed whose routing it could be
 * @throws RangeError for another value, and for "on" without rollouts
 */
export function servicesOf(node: Node, rollouts: boolean): RoutingServiceName[] {
  const names = ROUTING_SERVICE_NAMES.filter((name) => isOn(node, name))
  if (names.length > 0 && !rollouts)
    throw new RangeError(`context value "${names[0]}" is "on", and no rollouts are deployed: "-c rollouts=FOLDER"`)
  return names
}

/**
 * Forms that routing is delivered in: the context value `deliver`, with commas between. Without it: none.
 * @param rollouts whether any are deployed whose routing it could be
 * @throws RangeError for what is no form, and for any without rollouts
 */
export function deliveredAs(node: Node, rollouts: boolean): FormName[] {
  const value = contextOf(node, 'deliver')
  if (value === undefined) return []
  if (!rollouts)
    throw new RangeError('context value "deliver" is given, and no rollouts are deployed: "-c rollouts=FOLDER"')
  try {
    return formsOf(String(value))
  } catch (error) {
    throw new RangeError(`context value "deliver" is ${JSON.stringify(value)}: ${(error as Error).message}`)
  }
}

/**
 * Whether the store is kept as tables for SQL: the context value `auditsql`, "on" or "off" (without it: off).
 * @throws RangeError for another value
 */
export const auditSqlIsOn = (node: Node): boolean => isOn(node, 'auditsql')

/**
 * Whether the deployment signs what it decides: the context value `attestations`, "on" or "off" (without it: off).
 * @throws RangeError for another value
 */
export const attestationsAreOn = (node: Node): boolean => isOn(node, 'attestations')

function isOn(node: Node, name: RoutingServiceName | 'auditsql' | 'attestations'): boolean {
  const value = contextOf(node, name) ?? 'off'
  if (value !== 'on' && value !== 'off')
    throw new RangeError(`context value "${name}" is ${JSON.stringify(value)}; it is "on" or "off"`)
  return value === 'on'
}

/**
 * When the routine looks: the context value `daily`, `weekly` or `quarterly`, a time and, behind a blank, a time zone. Undefined without it.
 * @param routine whether there is one
 * @throws RangeError for what is no time or no zone, and for a time without a routine
 */
export function dailyTime(
  node: Node,
  routine: boolean,
  name: 'daily' | 'weekly' | 'quarterly' = 'daily',
): DailyTime | undefined {
  const value = contextOf(node, name)
  if (value === undefined) return undefined
  const time = typeof value === 'string' ? dailyTimeOf(value) : null
  if (time === null)
    throw new RangeError(
      `context value "${name}" is ${JSON.stringify(value)}; it is a time and a time zone, "06:30 Europe/Berlin", or a time in UTC, "06:30"`,
    )
  if (!routine) throw new RangeError(`context value "${name}" is a time, and no routine is deployed: "-c bands=FILE"`)
  return time
}

/**
 * The harness of a deployment, from the context values `harness`, an ARN or a path that begins with `./`, `../` or `/`, and,
 * beside an ARN, `model`, and, beside a path, `livekey`; undefined without them.
 * That the ARN names a version is checked where it is pinned.
 * @param document of the model that is asked live; null: none is
 * @throws RangeError for a model without a harness, and for a value that is no text
 */
export function harnessOf(node: Node, document: LiveModel | null): HarnessProps | undefined {
  const [named, modelArn] = (['harness', 'model'] as const).map((name) => {
    const value = contextOf(node, name)
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new RangeError(
        `context value "${name}" is ${JSON.stringify(value)}; it is an ARN${name === 'harness' ? ', or the path of a module: "./harness.mjs"' : ''}`,
      )
    return value as string | undefined
  })
  const keySecretArn = contextOf(node, 'livekey') as string | undefined
  if (keySecretArn !== undefined && document === null)
    throw new RangeError('context value "livekey" names the key of a model that is asked live, and "live" names none')
  if (named !== undefined)
    return {
      ...(/^\.{0,2}\//.test(named) ? { path: named } : { functionArn: named }),
      ...(modelArn === undefined ? {} : { modelArn }),
      ...(document && { live: { document, ...(keySecretArn !== undefined && { keySecretArn }) } }),
    }
  if (document !== null)
    throw new RangeError('context value "live" names a model that a harness module asks, and "harness" names none')
  if (modelArn !== undefined)
    throw new RangeError('context value "model" names a model for a harness, and "harness" names none')
  return undefined
}

/**
 * Modules that judge: paths as suites name them, with commas between, from the context value `judges`; none without it.
 * @throws RangeError for a value that is no text
 */
export function judgesOf(node: Node): JudgeProps[] {
  const value = contextOf(node, 'judges')
  if (value === undefined) return []
  if (typeof value !== 'string' || value === '')
    throw new RangeError(
      `context value "judges" is ${JSON.stringify(value)}; it is the path of a module, "./judge.mjs", or several with commas between`,
    )
  return value.split(',').map((path) => ({ path: path.trim() }))
}
