/** Limits of IAM and Lambda that a template passes only when it is deployed: looked at when it is synthesized, by name and figure. */
import {
  CfnResource,
  DefaultTokenResolver,
  type IPostProcessor,
  type IResolvable,
  type IResolveContext,
  Reference,
  Stack,
  StringConcat,
  Tokenization,
} from 'aws-cdk-lib'
import { CfnManagedPolicy, CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam'
import { CfnFunction } from 'aws-cdk-lib/aws-lambda'
import type { IConstruct } from 'constructs'

/** What AWS allows, as its quotas say. None of them can be raised. */
export const LIMITS = {
  /** Characters of all inline policies of a role together; white space does not count. */
  inlinePolicies: 10_240,
  /** Characters of one managed policy. */
  managedPolicy: 6144,
  /** Bytes of all variables of a function, names and values. */
  environment: 4096,
} as const

const watched = new WeakSet<IConstruct>()

/** Has the limits looked at when the app of this construct is synthesized; once an app, over all its stacks: a role's policies may lie in several. */
export function watchLimits({ node: { root } }: IConstruct): void {
  if (watched.has(root)) return
  watched.add(root)
  root.node.addValidation({ validate: () => passedLimits(root) })
}

/** One sentence for each limit that something below a construct passes. */
function passedLimits(root: IConstruct): string[] {
  const inline = new Map<IConstruct, number>()
  const said: string[] = []
  const over = (what: string, figure: number, most: number, unit: string, mend: string) => {
    if (figure > most) said.push(`${what} come to about ${figure} ${unit}, and AWS takes ${most}: ${mend}`)
  }
  for (const construct of root.node.findAll()) {
    if (construct instanceof CfnPolicy)
      for (const role of rolesOf(construct))
        inline.set(role, (inline.get(role) ?? 0) + lengthOf(construct, construct.policyDocument))
    else if (construct instanceof CfnManagedPolicy)
      over(
        `the statements of the managed policy ${construct.node.path}`,
        lengthOf(construct, construct.policyDocument),
        LIMITS.managedPolicy,
        'characters',
        'name fewer resources in it',
      )
    else if (construct instanceof CfnFunction)
      over(
        `the variables of the function ${construct.node.path}`,
        variablesOf(construct),
        LIMITS.environment,
        'bytes',
        'deploy fewer intents in one deployment',
      )
  }
  for (const [role, characters] of inline)
    over(
      `the inline policies of the role ${role.node.path}`,
      characters,
      LIMITS.inlinePolicies,
      'characters',
      'deploy fewer intents in one deployment, or grant this role less',
    )
  return said
}

/** Finds the roles that a value names while it resolves it; a policy of another stack names them by an output. */
class FindRoles extends DefaultTokenResolver {
  readonly found = new Set<CfnRole>()

  override resolveToken(token: IResolvable, context: IResolveContext, post: IPostProcessor): unknown {
    if (Reference.isReference(token) && token.target instanceof CfnRole) this.found.add(token.target)
    return super.resolveToken(token, context, post)
  }
}

/** Roles of this app that a policy is attached to. */
function rolesOf(policy: CfnPolicy): ReadonlySet<CfnRole> {
  const resolver = new FindRoles(new StringConcat())
  Tokenization.resolve(policy.roles, { scope: policy, resolver, preparing: true })
  return resolver.found
}

function variablesOf(construct: CfnFunction): number {
  const { variables = {} } = (Stack.of(construct).resolve(construct.environment) ?? {}) as {
    readonly variables?: Readonly<Record<string, unknown>>
  }
  return Object.entries(variables).reduce(
    (sum, [name, value]) => sum + name.length + textLength(value, Stack.of(construct)),
    0,
  )
}

const lengthOf = (scope: CfnResource, value: unknown): number =>
  textLength(Stack.of(scope).resolve(value), Stack.of(scope))

/** Characters of what is known at deployment only: rather too many than too few. */
const UNKNOWN: Readonly<Record<string, number>> = {
  arn: 110,
  name: 64,
  // Ids that AppConfig makes.
  id: 7,
  'AWS::Region': 14,
  'AWS::AccountId': 12,
  'AWS::Partition': 10,
}

/** Characters of a resolved value as JSON. */
function textLength(value: unknown, stack: Stack): number {
  const length = (part: unknown) => textLength(part, stack)
  const sum = (parts: readonly unknown[], each: (part: unknown) => number) =>
    parts.reduce<number>((n, p) => n + each(p), 0)
  // A text has two quotes around it, and a comma behind it.
  const item = (part: unknown) => length(part) + 3
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return sum(value, item) + 2
  if (value === null || typeof value !== 'object') return String(value).length
  const entries = Object.entries(value)
  const [name, argument] = entries[0] ?? []
  if (entries.length === 1 && name === 'Ref') return refLength(String(argument), stack)
  if (entries.length === 1 && name === 'Fn::Join') return sum((argument as [string, unknown[]])[1], length)
  if (entries.length === 1 && name?.startsWith('Fn::')) return UNKNOWN.arn!
  return entries.reduce((n, [key, part]) => n + key.length + 3 + item(part), 2)
}

function refLength(name: string, stack: Stack): number {
  if (UNKNOWN[name] !== undefined) return UNKNOWN[name]
  return appConfigIds(stack).has(name) ? UNKNOWN.id! : UNKNOWN.name!
}

const known = new WeakMap<Stack, ReadonlySet<string>>()

/** Logical ids of what AppConfig names by seven characters. */
function appConfigIds(stack: Stack): ReadonlySet<string> {
  const found =
    known.get(stack) ??
    new Set(
      stack.node
        .findAll()
        .filter(CfnResource.isCfnResource)
        .filter((resource) => resource.cfnResourceType.startsWith('AWS::AppConfig::'))
        .map((resource) => stack.resolve(resource.logicalId) as string),
    )
  known.set(stack, found)
  return found
}
