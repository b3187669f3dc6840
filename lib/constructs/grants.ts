/** Rights for somebody whom the app brings along: given, or said to be not. */
import { Annotations, Stack, Token } from 'aws-cdk-lib'
import { Grant, type IGrantable, type IPrincipal, type PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { Construct, Dependable } from 'constructs'
import { having } from '../props.ts'
import { needOneApp } from './environments.ts'

/**
 * Gives somebody statements. Where nothing comes of it (an account of its own, a role whose policies the app does not write), a warning
 * of the scope says so and what to add, and the grant has no success: `assertSuccess()` stops the synthesis.
 * @param scope whose things are granted: they open to its account alone
 * @param grant name of the method, for people
 * @param below what the scope rests on
 * @throws RangeError for somebody of another app, and of the stack of that, which would rest on the scope in turn
 */
export function granted(
  scope: Construct,
  grant: string,
  grantee: IGrantable,
  statements: readonly PolicyStatement[],
  below: Construct = scope,
): Grant {
  having('somebody: a role, user, group or function', 'grantPrincipal')(`${grant}: grantee`, grantee)
  const { grantPrincipal } = grantee
  if (Construct.isConstruct(grantPrincipal)) needOneApp(`${grant}: grantee`, grantPrincipal, scope)
  const stack = Stack.of(scope)
  if (
    Construct.isConstruct(grantPrincipal) &&
    Stack.of(below) !== stack &&
    Stack.of(grantPrincipal) === Stack.of(below)
  )
    throw new RangeError(
      `${grant}: ${grantPrincipal.node.path} is of the stack of the stores, on which ${stack.node.path} rests: make it in another stack`,
    )
  const ours = stack.account
  const theirs = grantPrincipal.principalAccount
  if (theirs !== undefined && !Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours)
    return refused(
      scope,
      grant,
      grantee,
      `is of account ${theirs}, and what is granted opens to account ${ours} alone: grant it to a role of ${ours} that they may take`,
    )
  const given = statements
    .map(({ actions, resources, conditions }) =>
      Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }),
    )
    .reduce((a, b) => a.combine(b))
  if (given.success && !isShut(grantPrincipal, given)) return given
  if (isNobody(grantPrincipal))
    return refused(scope, grant, grantee, 'has no policies: grant it to the role, user or group that acts')
  const add = JSON.stringify(stack.resolve(statements.map((s) => s.toStatementJson())))
  return refused(scope, grant, grantee, `has policies that this app does not write: add to them ${add}`)
}

/** A role that was imported as one that is not changed takes every statement, and keeps none. */
const isShut = (principal: IPrincipal, given: Grant): boolean =>
  'roleArn' in principal && !Role.isRole(principal) && Dependable.of(given).dependencyRoots.length === 0

/** A service, a provider of identities, or everybody: none has policies to which anybody could add. */
const isNobody = ({ policyFragment }: IPrincipal): boolean =>
  [policyFragment.principalJson.AWS ?? '*'].flat().includes('*')

function refused(scope: Construct, grant: string, grantee: IGrantable, why: string): Grant {
  const { grantPrincipal } = grantee
  const who = 'node' in grantee ? (grantee as unknown as Construct).node.path : String(grantPrincipal)
  Annotations.of(scope).addWarningV2(`contextos-autotune:${grant}`, `${grant} gave ${who} nothing: it ${why}`)
  return Grant.drop(grantee, grant)
}
