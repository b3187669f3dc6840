/** What a part of the loop is given of the others where somebody makes it alone: CDK answers what is missing with a TypeError of its own. */
import { having, is, listOf } from '../props.ts'
import { Judges } from './judges.ts'

const WORKFLOW = having('a state machine: the property tuning of Autotune', 'stateMachineArn')

const PARTS = {
  stores: having('a StatefulStack', 'experience'),
  deadLetters: having('a queue: the property deadLetters of Autotune', 'queueArn'),
  tuning: WORKFLOW,
  rollout: WORKFLOW,
  after: listOf('state machines: [autotune.tuning]', WORKFLOW),
  judges: is('the property judges of Autotune', (judges) => judges instanceof Judges),
} as const

/** Those that a part may be without. */
const OPTIONAL: readonly string[] = ['rollout', 'judges']

/** Throws RangeError for props that are none, and for a part of the loop that is missing or another thing. @param kind the construct, for people */
export function needParts(kind: string, props: object, parts: readonly (keyof typeof PARTS)[]): void {
  if (typeof props !== 'object' || props === null)
    throw new RangeError(`the props of ${kind} are ${String(props)}; they are an object of ${parts.join(', ')}`)
  for (const part of parts) {
    const value = (props as Record<string, unknown>)[part]
    if (value !== undefined || !OPTIONAL.includes(part)) PARTS[part](`${part} of ${kind}`, value)
  }
}
