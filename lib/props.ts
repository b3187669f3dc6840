/** What a prop may be. Types tell TypeScript alone: JavaScript, a cast or JSON hands over anything, and CDK takes much of it in silence. */
import { Annotations, type Stack, type StackProps, Token } from 'aws-cdk-lib'
import { Construct } from 'constructs'

/** Throws RangeError, naming the prop, for a value that is none of its kind. */
export type Check = (prop: string, value: unknown) => void

/** Every prop there is, with its check; null: whoever reads it looks at it. */
export type Contract<P> = { readonly [Name in keyof P]-?: Check | null }

/** A value that passes. @param words what it is then, for people */
export const is =
  (words: string, passes: (value: unknown) => boolean): Check =>
  (prop, value) => {
    if (!passes(value)) throw new RangeError(`${prop} is ${shown(value)}; it is ${words}`)
  }

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Something of which CDK uses a member: a construct, or what was imported as one. */
export const having = (words: string, member: string): Check => is(words, (value) => isObject(value) && member in value)

/** One of some values. */
export const oneOf = (values: readonly unknown[]): Check => is(`one of ${values.join(', ')}`, (v) => values.includes(v))

/** The stores. A part needs some of them, and nobody has them without the others. */
export const A_STATEFUL_STACK: Check = (prop, value) => {
  if (!(Object(value) as { vault?: { bucket?: unknown } }).vault?.bucket)
    throw new RangeError(`${prop} is missing, or no StatefulStack`)
}

/** Something that runs by itself, and whose ends others follow. */
export const A_WORKFLOW = having('a workflow: a StateMachine', 'stateMachineArn')

/** Something by which people are told. */
export const A_TOPIC = having('a topic: new Topic(...) or Topic.fromTopicArn(...)', 'topicArn')

/** The modules that judge of a deployment. */
export const JUDGES_OF_IT = having('judges of an Autotune', 'mayAsk')

/** Something that keeps what could not be delivered. */
export const A_QUEUE = having('a queue: new Queue(...)', 'queueArn')

/** A stage: it stands in the template as what it must be. */
export const A_STAGE = is(
  'a text: prod',
  (stage) => typeof stage === 'string' && stage !== '' && !Token.isUnresolved(stage),
)

/** On or off. */
export const YES_OR_NO = is('true or false', (value) => typeof value === 'boolean')

/** A list. @param words what each of it is, for people */
export const listOf =
  (words: string, of: Check): Check =>
  (prop, value) => {
    is(`a list of ${words}`, Array.isArray)(prop, value)
    for (const [i, one] of (value as unknown[]).entries()) of(`${prop}[${i}]`, one)
  }

/** Values by names. @param words what they are, for people */
export const byName =
  (words: string, of: Check | null): Check =>
  (prop, value) => {
    is(`an object of ${words}`, isObject)(prop, value)
    for (const [name, one] of Object.entries(value as object)) of?.(`${prop}.${name}`, one)
  }

/** Several of them. */
export const WORKFLOWS = listOf('workflows', A_WORKFLOW)

/** The props of a stack, which CDK reads before anybody can look at them. @param needed the one that it must have, for people */
export function stackProps<P>(props: P, needed: string): P {
  const { env, tags } = Object(anObject(props, needed)) as StackProps
  if (env !== undefined)
    is('{ account, region }', (value) => isObject(value) && !Construct.isConstruct(value))('env', env)
  if (tags !== undefined) is("texts by name: { team: 'support' }", isObject)('tags', tags)
  return props
}

function anObject<P>(props: P, needed: string): P {
  is(`an object with ${needed}`, isObject)('the last argument', props)
  return props
}

/** Holds what a part cannot be without to its checks, also where it is not given at all, and `others` where they are given. */
export function needParts(
  parts: Readonly<Record<string, Check>>,
  props: object,
  others: Readonly<Record<string, Check>> = {},
): void {
  anObject(props, Object.keys(parts).join(', '))
  for (const [name, check] of Object.entries(parts)) check(name, (props as Record<string, unknown>)[name])
  need(others, props)
}

/** Props of props, and no other names: one that is misspelled would be passed over. */
export const shape =
  <P>(contract: Contract<P>): Check =>
  (prop, value) => {
    is(`an object of ${Object.keys(contract).join(', ')}`, isObject)(prop || 'the last argument', value)
    const unknown = unknownOf(value as object, contract)
    if (unknown) throw new RangeError(prop ? `${prop}: ${unknown}` : unknown)
    need(contract, value as object, prop ? `${prop}.` : '')
  }

/** Holds those of these props that are given to their checks; others are none of its business. */
export function need<P>(contract: Contract<P>, props: object, under = ''): void {
  for (const [name, check] of Object.entries<Check | null>(contract)) {
    const value = (props as Record<string, unknown>)[name]
    if (value !== undefined) check?.(`${under}${name}`, value)
  }
}

/** What a name is of which there is no prop, and which there are; null: all are known. */
function unknownOf<P>(props: object, contract: Contract<P>): string | null {
  const name = Object.keys(props).find((name) => !Object.hasOwn(contract, name))
  return name === undefined ? null : `there is no prop ${name}; they are ${Object.keys(contract).join(', ')}`
}

/** What every stack takes: CDK looks at it. */
const STACK: Contract<StackProps> = {
  description: null,
  env: null,
  stackName: null,
  tags: null,
  notificationArns: null,
  synthesizer: null,
  terminationProtection: null,
  analyticsReporting: null,
  crossRegionReferences: null,
  permissionsBoundary: null,
  suppressTemplateIndentation: null,
  propertyInjectors: null,
}

/** Warns of a prop of a stack that nothing reads. It is no error: a newer CDK may know it. */
export function warnUnknown<P extends StackProps>(
  stack: Stack,
  props: object,
  contract: Contract<Omit<P, keyof StackProps>>,
): void {
  const unknown = unknownOf(props, { ...contract, ...STACK })
  if (unknown) Annotations.of(stack).addWarningV2('contextos-autotune:props', `${stack.node.id}: ${unknown}`)
}

/** Characters by which people know again what they gave. */
const LONG = 150

/** What was given, as people read it. */
export function shown(value: unknown): string {
  // A stack resolves, as tokens do.
  if (Construct.isConstruct(value)) return `the construct ${value.node.path}`
  if (Token.isUnresolved(value)) return 'known at deployment alone'
  if (typeof value !== 'string' && !(typeof value === 'object' && value !== null))
    return typeof value === 'function' ? 'a function or class' : String(value)
  try {
    const text = JSON.stringify(value)
    return text.length > LONG ? `${text.slice(0, LONG)}...` : text
  } catch {
    return 'an object that holds itself'
  }
}
