/** Where things lie that a construct uses: CDK says of others what nobody can act on, or nothing at all. */
import { Stack, Stage, Token } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Account and region of something; either may be known at deployment alone. */
interface Environment {
  readonly account: string
  readonly region: string
}

/**
 * Throws RangeError for something of another app, of another account or region than the stack that uses it, or of another stage of the app.
 * @param made whether this app makes it: CDK then refers to it from a stack of the same environment and stage alone
 */
export function needSame(prop: string, used: IConstruct, env: Environment, by: IConstruct, made: boolean): void {
  const stack = Stack.of(by)
  needOneApp(prop, used, by)
  if (made && Stage.of(used) !== Stage.of(by))
    throw new RangeError(
      `${prop} is of ${nameOf(Stage.of(used))} and ${by.node.path} of ${nameOf(Stage.of(by))}: make both in one stage of the app`,
    )
  for (const part of ['account', 'region'] as const) {
    const [theirs, ours] = [env[part], stack[part]]
    const unknown = [theirs, ours].filter((value) => Token.isUnresolved(value)).length
    if (unknown === 2 || (unknown === 1 && !made) || theirs === ours) continue
    throw new RangeError(
      `${prop} lies in ${part} ${said(theirs)}, and ${stack.node.path || stack.stackName} in ${said(ours)}: give both stacks the same "env"`,
    )
  }
}

/** Throws RangeError for a construct of another app: no template can name it. */
export function needOneApp(prop: string, used: IConstruct, by: IConstruct): void {
  if (used.node.root === by.node.root) return
  throw new RangeError(
    `${prop} is ${used.node.path || used.node.id} of another app than ${by.node.path}: make both in one, or import it by its ARN`,
  )
}

/** Throws RangeError for what an ARN names in another region: whatever runs here asks in its own. One that is a token, or names no region, is believed. */
export function needNear(prop: string, arn: string, by: IConstruct): void {
  const { region, node, stackName } = Stack.of(by)
  const theirs = Token.isUnresolved(arn) ? region : arn.split(':')[3] || region
  if (Token.isUnresolved(region) || Token.isUnresolved(theirs) || theirs === region) return
  throw new RangeError(
    `${prop} lies in region ${theirs}, and ${node.path || stackName} in ${region}: name one of ${region}`,
  )
}

const said = (value: string): string => (Token.isUnresolved(value) ? 'that is known at deployment alone' : value)

const nameOf = (stage: Stage | undefined): string => (stage?.node.path ? `stage ${stage.node.path}` : 'no stage')
