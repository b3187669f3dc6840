/**
 * Who may do what, computed from synthesized templates: identity, bucket and key policies together, explicit deny first.
 * Knows the operators and elements that we emit; anything else throws, so that no unread condition passes for harmless.
 */
import { resolver, type Templates } from './resolve.ts'

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: unknown
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/** Something that somebody asks to do. */
export interface Ask {
  readonly action: string
  /** ARN as the resolver writes it: `arn:Stack.Id` and what follows. */
  readonly resource: string
  /** `dynamodb:LeadingKeys`, `s3:if-none-match` and the like. */
  readonly context?: Readonly<Record<string, string>>
}

export interface Policies {
  /** ARNs of every role. */
  readonly roles: readonly string[]
  /** ARNs of the functions that run under each role. */
  readonly functions: ReadonlyMap<string, readonly string[]>
  /** Whether a role may; from a function of its own, with `lambda:SourceFunctionArn` in the context. */
  may(role: string, ask: Ask): boolean
}

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)]

function statementsOf(document: unknown): Statement[] {
  const { Statement: statements } = document as { Statement: Record<string, unknown>[] }
  return statements.map((s) => {
    for (const key of Object.keys(s))
      if (!['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'].includes(key))
        throw new Error(`the policy evaluator does not know the element ${key}`)
    const condition = Object.entries((s.Condition ?? {}) as Record<string, Record<string, unknown>>)
    return {
      Effect: s.Effect as 'Allow' | 'Deny',
      Principal: s.Principal,
      Action: list(s.Action),
      Resource: list(s.Resource),
      Condition: Object.fromEntries(
        condition.map(([op, keys]) => [op, Object.fromEntries(Object.entries(keys).map(([k, v]) => [k, list(v)]))]),
      ),
    }
  })
}

const expressions = new Map<string, RegExp>()

/** Every call of every function in a test asks for the same few hundred patterns. */
function matches(pattern: string, text: string): boolean {
  const known = expressions.get(pattern)
  if (known) return known.test(text)
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  const expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
  expressions.set(pattern, expression)
  return expression.test(text)
}

function holds({ Condition }: Statement, role: string, ask: Ask): boolean {
  const context: Readonly<Record<string, string>> = {
    'aws:PrincipalArn': role,
    'aws:PrincipalIsAWSService': 'false',
    'aws:SecureTransport': 'true',
    ...ask.context,
  }
  const test = (op: string, key: string, wanted: readonly string[]): boolean => {
    const value = context[key]
    const any = value !== undefined && wanted.some((w) => matches(w, value))
    if (op === 'ArnEquals' || op === 'StringEquals' || op === 'StringLike' || op === 'Bool') return any
    if (op === 'ArnNotEquals' || op === 'StringNotEquals' || op === 'StringNotLike') return value === undefined || !any
    if (op === 'ForAllValues:StringLike') return value === undefined || any
    if (op === 'Null') return (value === undefined) === (wanted[0] === 'true')
    throw new Error(`the policy evaluator does not know the condition ${op}`)
  }
  return Object.entries(Condition).every(([op, keys]) =>
    Object.entries(keys).every(([key, wanted]) => test(op, key, wanted)),
  )
}

const names = (statement: Statement, { action, resource }: Ask): boolean =>
  statement.Action.some((a) => matches(a.toLowerCase(), action.toLowerCase())) &&
  statement.Resource.some((r) => r === '*' || matches(r, resource))

/** What a resource policy's principal says of a role: it names it, hands the decision to the account, or neither. */
function principalOf(principal: unknown, role: string): 'role' | 'account' | null {
  if (principal === '*') return 'role'
  const aws = list((principal as { AWS?: unknown }).AWS)
  if (aws.includes('*') || aws.includes(role)) return 'role'
  return aws.some((a) => a.endsWith(':root')) ? 'account' : null
}

/** Reads every policy of the templates. */
export function policiesOf(templates: Templates): Policies {
  const identity = new Map<string, Statement[]>()
  const tags = new Map<string, Record<string, string>>()
  const onResource = new Map<string, Statement[]>()
  const functions = new Map<string, string[]>()
  const add = (map: Map<string, Statement[]>, key: string, statements: Statement[]) =>
    map.set(key, [...(map.get(key) ?? []), ...statements])
  for (const [stack, template] of Object.entries(templates)) {
    const resolve = resolver(templates, stack)
    for (const [id, { Type, Properties = {} }] of Object.entries(template.Resources ?? {})) {
      const arn = `arn:${stack}.${id}`
      if (Type === 'AWS::IAM::Role') {
        if (Properties.ManagedPolicyArns)
          throw new Error(`${id}: policies that AWS manages are not read here; write statements`)
        add(identity, arn, [])
        const own = (Properties.Tags ?? []) as { Key: string; Value: string }[]
        tags.set(arn, Object.fromEntries(own.map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value])))
        for (const p of (Properties.Policies ?? []) as { PolicyDocument: unknown }[])
          add(identity, arn, statementsOf(resolve(p.PolicyDocument)))
      } else if (Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy')
        for (const role of (Properties.Roles ?? []) as unknown[])
          add(identity, roleArn(String(resolve(role))), statementsOf(resolve(Properties.PolicyDocument)))
      else if (Type === 'AWS::S3::BucketPolicy')
        add(onResource, `arn:${resolve(Properties.Bucket)}`, statementsOf(resolve(Properties.PolicyDocument)))
      else if (Type === 'AWS::Lambda::Function') {
        const role = roleArn(String(resolve(Properties.Role)))
        functions.set(role, [...(functions.get(role) ?? []), arn])
      } else if (Type === 'AWS::KMS::Key')
        add(onResource, arn, statementsOf(keyPolicy(resolve(Properties.KeyPolicy), arn)))
      else if (Type === 'AWS::IAM::UserPolicy') throw new Error(`the policy evaluator does not know ${Type}`)
    }
  }
  const may: Policies['may'] = (role, ask) =>
    evaluate(identity.get(role) ?? [], onResource, role, { ...ask, context: { ...tags.get(role), ...ask.context } })
  return { roles: [...identity.keys()], functions, may }
}

const roleArn = (ref: string): string => (ref.startsWith('arn:') ? ref : `arn:${ref}`)

/** In a key policy `*` is the key itself. */
const keyPolicy = (document: unknown, arn: string): unknown => {
  const { Statement: statements } = document as { Statement: Record<string, unknown>[] }
  return { Statement: statements.map((s) => ({ ...s, Resource: s.Resource === '*' ? arn : s.Resource })) }
}

function evaluate(
  own: readonly Statement[],
  onResource: ReadonlyMap<string, readonly Statement[]>,
  role: string,
  ask: Ask,
): boolean {
  const theirs = [...onResource]
    .filter(([arn]) => ask.resource === arn || ask.resource.startsWith(`${arn}/`))
    .flatMap(([, s]) => s)
  const applies = (s: Statement) => names(s, ask) && holds(s, role, ask)
  const denied =
    own.some((s) => s.Effect === 'Deny' && applies(s)) ||
    theirs.some((s) => s.Effect === 'Deny' && applies(s) && principalOf(s.Principal, role) !== null)
  if (denied) return false
  const byIdentity = own.some((s) => s.Effect === 'Allow' && applies(s))
  const given = theirs.filter((s) => s.Effect === 'Allow' && applies(s)).map((s) => principalOf(s.Principal, role))
  if (given.includes('role')) return true
  // A key obeys its own policy alone; identity policies count where that policy hands the decision to the account.
  return byIdentity && (!ask.action.startsWith('kms:') || given.includes('account'))
}
