/** Props of the constructs that are wrong: each is one line that says prop, what was given and what to do, before anything is deployed. */
import { readFileSync } from 'node:fs'
import { App, CfnParameter, Duration, Stack, Stage, TimeZone } from 'aws-cdk-lib'
import { SecurityGroup, SubnetType, Vpc, type VpcProps } from 'aws-cdk-lib/aws-ec2'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { describe, expect, it } from 'vitest'
import { Autotune, type AutotuneProps, StatefulStack } from '../../lib/index.ts'
import { aConfig } from '../core/release/builders.ts'
import { theBands } from '../support/bands.ts'
import { INTENT } from '../support/builders.ts'
import { UNBUNDLED } from '../support/infra/deployment.ts'
import { DOCUMENT } from '../support/live-engine.ts'

const GERMANY = { account: '111122223333', region: 'eu-central-1' }
const AMERICA = { account: '111122223333', region: 'us-east-1' }
const TARGET = JSON.parse(readFileSync('functions/demo/target.json', 'utf8'))
const DESK = { sender: 'a@example.com', roles: { policy: ['ben@example.com'] } }

type Wrong = readonly [what: string, props: (scope: Stack) => unknown, says: string | RegExp]

const anApp = () => new App({ context: UNBUNDLED })

/** Stores of all that are refused: nothing of their app is synthesized. */
const stores = new StatefulStack(anApp(), 'Data', { retain: true })
let made = 0

/** The construct with props as somebody gives them where types are stripped. */
function make(props: (scope: Stack) => unknown): Autotune {
  const stack = new Stack(stores.node.root, `Support${made++}`)
  return new Autotune(stack, 'Autotune', { stores, ...(props(stack) as Partial<AutotuneProps>) })
}

describe('documents given as props are held to their contracts, as files are', () => {
  const { window: _, ...noWindow } = aConfig()
  const [intent] = theBands().intents
  it.each<Wrong>([
    ['a target', () => ({ targets: { One: { ...TARGET, x: 1 } } }), 'targets.One: document: Unrecognized key: "x"'],
    [
      'a name of a target',
      () => ({ targets: { 'refund-cents': TARGET } }),
      'targets names "refund-cents"; a name has letters',
    ],
    [
      'a token in a target',
      (stack) => ({ targets: { One: { ...TARGET, owner: new CfnParameter(stack, 'P').valueAsString } } }),
      'targets.One: owner: is known at deployment alone, and this is read at synthesis',
    ],
    [
      'a target without a field',
      () => ({ targets: { One: { ...TARGET, owner: undefined } } }),
      'One: owner is missing',
    ],
    [
      'an empty target',
      () => ({ targets: { R: {} } }),
      /^targets\.R: intent is missing: .* \(and 16 more: "autotune doctor"/,
    ],
    [
      'one question by two targets',
      () => ({ targets: { One: TARGET, Two: TARGET } }),
      `targets.One and targets.Two are both of intent "${INTENT}" and metric`,
    ],
    [
      'two runs of one intent at once',
      () => ({ targets: { One: TARGET, Two: { ...TARGET, metric: 'economics_tokens_per_decision' } } }),
      'and start together, and a run locks its intent',
    ],
    [
      'a module without a harness',
      () => ({ targets: { One: { ...TARGET, scoring: { replayer: 'module' } } } }),
      'target One is replayed by a module (scoring.replayer), and there is no harness',
    ],
    [
      'a target of bands without a field',
      () => ({
        routine: {
          bands: {
            ...theBands(),
            intents: [
              {
                ...intent,
                bands: intent!.bands.map((b) => ({
                  ...b,
                  target: { ...TARGET, intent: intent!.intent, choice_rule: undefined },
                })),
              },
            ],
          },
        },
      }),
      /^routine\.bands: the target of .*: choice_rule is missing/,
    ],
    ['no rollout', () => ({ rollouts: {} }), 'rollouts.configs holds no configuration'],
    [
      'a rollout',
      () => ({ rollouts: { configs: { [INTENT]: noWindow } } }),
      `rollouts.configs["${INTENT}"]: window: Invalid input`,
    ],
    ['an intent', () => ({ rollouts: { configs: { 'my intent': aConfig() } } }), '"my intent" is no intent: an id has'],
    [
      'no rollout of a target',
      () => ({ targets: { One: TARGET }, rollouts: { configs: { other: aConfig() } } }),
      `there is no rollouts.configs["${INTENT}"], and target One is of intent "${INTENT}"`,
    ],
    [
      'a form',
      () => ({ rollouts: { configs: { [INTENT]: aConfig() }, deliver: ['xml'] } }),
      'rollouts.deliver holds "xml"; it is a list of json, appconfig, flagd, env',
    ],
    [
      'a service',
      () => ({ rollouts: { configs: { [INTENT]: aConfig() }, services: 'appconfig' } }),
      'rollouts.services holds "appconfig"; it is a list of appconfig',
    ],
    ['a desk', () => ({ review: { config: { ...DESK, sender: 'nobody' } } }), 'review.config: sender: an address is'],
    ['no desk', () => ({ review: {} }), 'review.config: document: Invalid input'],
    [
      'nobody for a role',
      () => ({ targets: { One: TARGET }, review: { config: DESK } }),
      'review.config: target One requires a reviewer as "reliability"',
    ],
    ['no bands', () => ({ routine: {} }), 'routine.bands: document: Invalid input'],
    [
      'bands',
      () => ({ routine: { bands: { ...theBands(), cooldown_days: -1 } } }),
      'routine.bands: cooldown_days: Too',
    ],
    [
      'a target of bands',
      () => ({
        routine: {
          bands: {
            ...theBands(),
            intents: [{ ...intent, intent: 'other', bands: intent!.bands.map((b) => ({ ...b, target: TARGET })) }],
          },
        },
      }),
      'routine.bands: intents.0.bands.0.target.intent: the target is about',
    ],
    [
      'a time of day',
      () => ({ routine: { bands: theBands(), weekly: { hour: 25, minute: 0, zone: 'Etc/UTC' } } }),
      'routine.weekly is {"hour":25,"minute":0,"zone":"Etc/UTC"}; it is { hour: 0 to 23',
    ],
    [
      'a live model',
      () => ({ harness: { path: './h.mjs', live: { document: { ...DOCUMENT, repeats: 1 } } } }),
      'harness.live.document: repeats: Too small',
    ],
    ['judges', () => ({ judges: ['./judge.mjs'] }), 'judges[0] is "./judge.mjs"; it is an object of path'],
    ['a path', () => ({ harness: { path: '' } }), 'harness.path is ""; it is the path of a file'],
    [
      'a file where an ARN stands',
      () => ({ harness: { functionArn: 'my-harness.mjs' } }),
      'or the path of a module, which begins with ./, ../ or /',
    ],
    [
      'a model of a harness',
      () => ({ harness: { functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:h:7', modelArn: 'claude' } }),
      'harness.modelArn is "claude"; it is the ARN of a model',
    ],
  ])('%s', (_name, props, says) => {
    expect(() => make(props)).toThrow(says)
  })

  it('without a time that a review is open: the default of the contract', () => {
    const { review } = make(() => ({ review: { config: DESK } }))
    const machine = review!.workflow.node.defaultChild as CfnStateMachine
    expect(JSON.stringify(Stack.of(review!).resolve(machine.definitionString))).toMatch(/expires_hours\\*":72/)
  })
})

const at = (text: string) => () => ({ schedule: ScheduleExpression.expression(text) })
const inVpc =
  (more: (scope: Stack, vpc: Vpc) => object, of: VpcProps = {}) =>
  (scope: Stack) => {
    const vpc = new Vpc(scope, 'V', { restrictDefaultSecurityGroup: false, ...of })
    return { vpc, ...more(scope, vpc) }
  }

describe('what is no such prop, or nothing of its kind', () => {
  it.each<Wrong>([
    ['a misspelled name', () => ({ shardcases: 5 }), 'there is no prop shardcases; they are logRetention, '],
    [
      'one of a prop',
      () => ({ auditSql: { bytesPerQuerry: 5 } }),
      'auditSql: there is no prop bytesPerQuerry; they are',
    ],
    ['one of a judge', () => ({ judges: [{ path: './j.mjs', memry: 1 }] }), 'judges[0]: there is no prop memry'],
    [
      'one of a harness',
      () => ({ harness: { file: './h.mjs' } }),
      'harness: there is no prop file; they are functionArn,',
    ],
    [
      'stores of a routine',
      () => ({ routine: { bands: theBands(), stores: null } }),
      'routine: there is no prop stores',
    ],
    ['a text where yes is', () => ({ attestations: 'off' }), 'attestations is "off"; it is true or false'],
    ['yes where settings are', () => ({ auditSql: true }), 'auditSql is true; it is an object of bytesPerQuery'],
    ['a figure where an object is', () => ({ memory: 2048 }), 'memory is 2048; it is an object of megabytes'],
    ['a list of targets', () => ({ targets: [TARGET] }), /^targets is .*; it is an object of targets by a name/],
    [
      'a name of every object',
      () => ({ targets: { constructor: { ...TARGET, x: 1 } } }),
      'targets.constructor: document',
    ],
    ['a VPC', () => ({ vpc: 'vpc-123' }), 'vpc is "vpc-123"; it is a VPC: new Vpc('],
    ['a judge', () => ({ judges: './j.mjs' }), 'judges is "./j.mjs"; it is a list of { path'],
    ['no harness', () => ({ harness: null }), 'harness is null; it is an object of functionArn'],
    ['a topic', () => ({ routine: { bands: theBands(), topic: 'arn' } }), 'routine.topic is "arn"; it is a topic'],
    ['no time of day', () => ({ routine: { bands: theBands(), at: null } }), 'routine.at is null; it is { hour'],
    ['a band for a path', () => ({ routine: { bands: './b.json' } }), 'routine.bands: document: Invalid input'],
    ['a construct', (s) => ({ schedule: s }), /^schedule is the construct Support\d+; it is a ScheduleExpression/],
    ['no days of logs', () => ({ logRetention: Number.NaN }), 'logRetention is NaN; it is one of 1, 3, 5, 7, 14,'],
    ['a name of days', () => ({ logRetention: 'ONE_YEAR' }), 'logRetention is "ONE_YEAR"; it is one of 1, 3,'],
    [
      'what becomes of logs',
      () => ({ logRemoval: 'snapshot' }),
      'logRemoval is "snapshot"; it is one of destroy, retain',
    ],
    ['a schedule in words', at('every day'), 'schedule is "every day"; a schedule is cron(...), rate(...) or at(...)'],
    ['cron of five fields', at('cron(0 3 * * *)'), 'cron has six fields, minutes, hours, day of the month,'],
    ['an hour', at('cron(0 99 * * ? *)'), 'hours is "99", and lies from 0 to 23'],
    ['two days', at('cron(0 3 1 * MON *)'), 'one of day of the month and day of the week is ?'],
    ['no rate', at('rate(0 days)'), 'a rate is a number above 0 of minutes, hours or days'],
    ['no date', at('at(2020)'), 'a single time is at(2027-01-31T06:30:00)'],
    [
      'no zone',
      () => ({ schedule: ScheduleExpression.cron({ timeZone: TimeZone.of('Europe/Berlim') }) }),
      'schedule is on the clock of "Europe/Berlim", which is no time zone',
    ],
    [
      'one target at no time',
      () => ({ targets: { R: TARGET }, schedules: { R: 'daily' } }),
      'schedules.R is "daily"; it is a ScheduleExpression: ScheduleExpression.cron(',
    ],
    ['no subnet', inVpc(() => ({ vpcSubnets: { subnets: [] } })), 'vpcSubnets selects no subnet'],
    [
      'a VPC without subnets',
      inVpc(() => ({}), { subnetConfiguration: [], natGateways: 0 }),
      'vpc has no private subnets: give one that has',
    ],
    [
      'six groups',
      inVpc((s, vpc) => ({ securityGroups: [1, 2, 3, 4, 5, 6].map((i) => new SecurityGroup(s, `G${i}`, { vpc })) })),
      'the number of securityGroups is 6; it is 1 to 5 of them',
    ],
  ])('%s', (_name, props, says) => {
    expect(() => make(props)).toThrow(says)
  })

  it.each(['cron(0/15 6-18 ? JAN-MAR,7 MON#1 2027/2)', 'cron(0 3 LW * ? *)', 'cron(0 3 ? * 6L *)', 'rate(12 hours)'])(
    'but not %s',
    (text) => {
      expect(make(() => ({ targets: { R: TARGET }, ...at(text)() })).node.id).toBe('Autotune')
    },
  )

  it('who is granted or called, and what is counted', () => {
    const autotune = make(() => ({}))
    const wrong = 'arn:aws:iam::111122223333:user/bob' as never
    expect(() => autotune.grantStart(wrong)).toThrow(/^grantStart: grantee is "arn.*"; it is somebody: a role,/)
    expect(() => stores.grantAudit(undefined as never)).toThrow('grantAudit: grantee is undefined; it is somebody')
    expect(() => autotune.notify(wrong)).toThrow(/^notify is "arn.*"; it is an action of an alarm: new SnsAction/)
    expect(() => autotune.metricVerdict('certifed' as never)).toThrow('verdict is "certifed"; it is one of certified,')
    expect(() => autotune.metricRunFailed(Duration.seconds(0))).toThrow(
      'period is 0 seconds; it is a Duration of whole',
    )
    expect(autotune.grantStart(new ServicePrincipal('lambda.amazonaws.com')).success).toBe(false)
    expect(JSON.stringify(autotune.node.metadata)).toContain(
      'nothing: it has no policies: grant it to the role, user or group that acts',
    )
  })

  it('no props at all', () => {
    const stack = new Stack(stores.node.root, 'Bare')
    expect(() => new Autotune(stack, 'Autotune', undefined as never)).toThrow(
      'the last argument is undefined; it is an object of logRetention, ',
    )
  })

  it('two stacks of one name for metrics', () => {
    const root = stores.node.root
    new Autotune(new Stack(root, 'Twin'), 'Autotune', { stores })
    expect(() => new Autotune(new Stack(root, 'TwinWorkflow'), 'Autotune', { stores })).toThrow(
      'Twin/Autotune and TwinWorkflow/Autotune have metrics and tables of one name',
    )
  })

  it('a single time that is over is warned of, since what is deployed is synthesized again', () => {
    const once = (year: number) => ({ schedule: ScheduleExpression.expression(`at(${year}-01-01T00:00:00)`) })
    const told = (year: number) => JSON.stringify(make(() => ({ targets: { R: TARGET }, ...once(year) })).node.metadata)
    expect(told(2020)).toContain('target R starts once, at a time that is over (at(2020-01-01T00:00:00))')
    expect(told(2100)).toBe('[]')
  })

  it('a prop of a stack that nothing reads is warned of', () => {
    const made = new StatefulStack(anApp(), 'Data', { retain: true, description: 'x', vaultLok: 1 } as never)
    expect(JSON.stringify(made.node.metadata)).toContain('Data: there is no prop vaultLok; they are retain, stage,')
  })
})

describe('figures and networks given as props', () => {
  it.each<Wrong>([
    ['no Duration', () => ({ answerAfter: '2 hours' }), 'answerAfter is "2 hours"; it is a Duration of whole seconds'],
    [
      'a token',
      (s) => ({ maxConcurrency: new CfnParameter(s, 'P', { type: 'Number' }).valueAsNumber }),
      'maxConcurrency is known at deployment alone; it is a whole number from 1 to 10000',
    ],
    [
      'part of a day',
      () => ({ auditSql: { resultsStay: Duration.hours(12) } }),
      'auditSql.resultsStay is 12 hours; it is a Duration of whole days',
    ],
    ['no stores', () => ({ stores: undefined }), 'stores is missing, or no StatefulStack'],
    ['no budget', () => ({ yearBudget: null }), 'yearBudget is null; it is above 0 and below 1'],
    ['a budget', () => ({ yearBudget: 5 }), 'yearBudget is 5; it is above 0 and below 1'],
    ['subnets alone', () => ({ vpcSubnets: { subnetType: SubnetType.PUBLIC } }), 'vpcSubnets is given without vpc'],
    [
      'groups alone',
      (s) => ({ securityGroups: [SecurityGroup.fromSecurityGroupId(s, 'G', 'sg-1')] }),
      'securityGroups is given without vpc',
    ],
    [
      'public subnets',
      (s) => ({
        vpc: new Vpc(s, 'V', { restrictDefaultSecurityGroup: false }),
        vpcSubnets: { subnetType: SubnetType.PUBLIC },
      }),
      'vpcSubnets are public subnets, in which a function reaches nothing',
    ],
    [
      'subnets that are not there',
      (s) => ({ vpc: new Vpc(s, 'V', { restrictDefaultSecurityGroup: false }), vpcSubnets: { subnetGroupName: 'x' } }),
      /^vpcSubnets: There are no subnet groups with name 'x'/,
    ],
  ])('%s', (_name, props, says) => {
    expect(() => make(props)).toThrow(says)
  })

  it('stores of another region, account or stage', () => {
    const app = anApp()
    const stores = new StatefulStack(app, 'Data', { retain: true, env: GERMANY })
    const on = (scope: Construct, env?: typeof GERMANY) => () =>
      new Autotune(new Stack(scope, 'Support', env && { env }), 'Autotune', { stores })
    expect(on(new Stage(app, 'Beta'))).toThrow('stores is of no stage and Beta/Support/Autotune of stage Beta')
    expect(on(app, AMERICA)).toThrow(
      'stores lies in region eu-central-1, and Support in us-east-1: give both stacks the same "env"',
    )
  })
})
