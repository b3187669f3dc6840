/** The context values that there are: whatever is read of the context is read by a name of this list, and nothing else may stand there. */
import type { Node } from 'constructs'
import { ROUTING_SERVICE_NAMES, type RoutingServiceName } from '../constructs/routing-services.ts'

const NAMES = [
  'stage',
  'targets',
  'alarms',
  'bands',
  'daily',
  'weekly',
  'quarterly',
  'reviewers',
  'rollouts',
  'harness',
  'model',
  'live',
  'livekey',
  'judges',
  'deliver',
  'auditsql',
  'attestations',
] as const

/** One of them; each service that routing is published to has its own. */
export type ContextName = (typeof NAMES)[number] | RoutingServiceName

/** All of them. */
export const CONTEXT_NAMES: readonly string[] = [...NAMES, ...ROUTING_SERVICE_NAMES]

/** What stands under a name; undefined: nothing. */
export const contextOf = (node: Node, name: ContextName): unknown => node.tryGetContext(name)

/** What the CDK keeps in a context under names without a mark of its own (`:`, `@`, `/`). */
const OF_THE_CDK = ['acknowledged-issue-numbers', 'cli-telemetry']

/** Throws RangeError for names that nothing reads: one that is misspelled would be passed over. */
export function needKnown(names: readonly string[]): void {
  const unknown = names.find((name) => ![...CONTEXT_NAMES, ...OF_THE_CDK].includes(name) && !/[:@/]/.test(name))
  if (unknown !== undefined)
    throw new RangeError(`there is no context value ${JSON.stringify(unknown)}; they are ${CONTEXT_NAMES.join(', ')}`)
}
