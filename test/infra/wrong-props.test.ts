/** What a newcomer gives the constructs that AWS or CDK would take in silence, or refuse in words of their own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Duration, Fn, Stack, TimeZone } from 'aws-cdk-lib'
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { User } from 'aws-cdk-lib/aws-iam'
import { Bucket, type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { afterAll, describe, expect, it } from 'vitest'
import * as constructs from '../../lib/index.ts'
import { Autotune, type AutotuneProps, AutotuneStack, StatefulStack } from '../../lib/index.ts'
import { shown } from '../../lib/props.ts'
import { theBands } from '../support/bands.ts'
import { UNBUNDLED } from '../support/infra/deployment.ts'

const GERMANY = { account: '111122223333', region: 'eu-central-1' }
const AMERICAN = 'arn:aws:sns:us-east-1:111122223333:on-call'
const TARGET = JSON.parse(readFileSync('functions/demo/target.json', 'utf8'))
const anApp = (context: object = {}) => new App({ context: { ...UNBUNDLED, ...context } })

const folder = mkdtempSync(join(tmpdir(), 'autotune-wrong-props-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const stores = new StatefulStack(anApp(), 'Data', { retain: true })
let made = 0
function make(props: (scope: Stack) => unknown): Autotune {
  const stack = new Stack(stores.node.root, `Support${made++}`)
  return new Autotune(stack, 'Autotune', { stores, ...(props(stack) as Partial<AutotuneProps>) })
}
const aVpc = (scope: Stack, id: string) => new Vpc(scope, id, { restrictDefaultSecurityGroup: false })

describe('no props at all', () => {
  const classes = Object.entries(constructs).flatMap(([name, made]) =>
    typeof made === 'function' ? [[name, made] as const] : [],
  )
  it.each(classes.flatMap(([name, made]) => [undefined, null, {}, 'x'].map((props) => [name, props, made] as const)))(
    '%s of %o is one line that says what is needed',
    (name, props, made) => {
      const Made = made as new (...args: readonly unknown[]) => unknown
      const answer = () => new Made(new Stack(anApp(), 'Mine'), 'Part', props)
      // A deployment without a harness has none.
      if (name === 'Harness' && props === undefined) return expect(answer).not.toThrow()
      expect(answer).toThrow(RangeError)
      expect(answer).toThrow(/(is|are) (undefined|null|missing|\{\}|"x")|harness names functionArn/)
    },
  )
})

describe('what CDK reads of a stack', () => {
  it.each([
    ['env', null, '{ account, region }'],
    ['env', 'eu-central-1', '{ account, region }'],
    ['tags', ['a'], 'texts by name'],
    ['stage', '', 'a text: prod'],
    ['stage', Fn.ref('Stage'), 'a text: prod'],
  ])('is looked at before: %s of %o', (prop, value, is) => {
    for (const Made of [StatefulStack, AutotuneStack])
      expect(() => new Made(anApp(), 'S', { stores, retain: true, [prop]: value } as never)).toThrow(
        `${prop} is ${shown(value)}; it is ${is}`,
      )
  })
})

it('a function is nothing that has members, and null no list', () => {
  expect(() => make(() => ({})).notify((() => 1) as never)).toThrow('notify is a function or class; it is an action of')
  expect(() => make(() => ({ judges: null }))).toThrow('judges is null; it is a list of')
})

describe('security groups', () => {
  it('of another VPC of the app, or of none of it, are refused', () => {
    const group = (scope: Stack, vpc: Vpc) => new SecurityGroup(scope, 'G', { vpc })
    const from = (scope: Stack) =>
      Vpc.fromVpcAttributes(scope, 'W', {
        vpcId: 'vpc-1',
        availabilityZones: ['eu-central-1a'],
        privateSubnetIds: ['subnet-1'],
      })
    const said =
      /^securityGroups\[0\] is of the VPC Support\d+\/[VW]\/?\S*, and vpc is \S+: make the group with that vpc/
    expect(() => make((s) => ({ vpc: aVpc(s, 'V'), securityGroups: [group(s, aVpc(s, 'W'))] }))).toThrow(said)
    expect(() => make((s) => ({ vpc: from(s), securityGroups: [group(s, aVpc(s, 'V'))] }))).toThrow(said)
  })

  it('of that VPC, and those that exist, are taken', () => {
    const taken = make((s) => {
      const vpc = aVpc(s, 'V')
      return {
        vpc,
        securityGroups: [new SecurityGroup(s, 'G', { vpc }), SecurityGroup.fromSecurityGroupId(s, 'H', 'sg-1')],
      }
    })
    expect(taken.node.id).toBe('Autotune')
  })
})

describe("lifecycle rules of a bucket of one's own", () => {
  const synth = (rule: LifecycleRule, later = false) => {
    const app = anApp()
    const stack = new StatefulStack(app, 'Mine', {
      retain: true,
      experienceBucket: (scope) => new Bucket(scope, 'B', { versioned: true, lifecycleRules: later ? [] : [rule] }),
    })
    if (later) stack.experience.bucket.addLifecycleRule(rule)
    return () => app.synth()
  }

  it.each<[string, LifecycleRule]>([
    ['of everything', { expiration: Duration.days(90) }],
    ['of runs', { prefix: 'autotune/runs/', expiration: Duration.days(90) }],
    ['of a beginning', { prefix: 'exp', expirationDate: new Date('2030-01-01T00:00:00Z') }],
    [
      'into an archive',
      { prefix: 'packs/', transitions: [{ storageClass: StorageClass.GLACIER, transitionAfter: Duration.days(9) }] },
    ],
  ])('that would lose what is kept stop the synthesis: %s', (_, rule) => {
    for (const later of [false, true])
      expect(synth({ id: 'Mine', ...rule }, later)).toThrow(
        /experienceBucket: the lifecycle rule "Mine" (removes|archives) what is kept for good \(.*\): give it a prefix/,
      )
  })

  it.each<[string, LifecycleRule]>([
    ['of a prefix of theirs', { prefix: 'mine/', expiration: Duration.days(9) }],
    ['of rows', { prefix: 'cadence/rows/', expiration: Duration.days(400) }],
    ['of tags', { tagFilters: { mine: 'yes' }, expiration: Duration.days(9) }],
    ['that are off', { enabled: false, expiration: Duration.days(9) }],
    ['of earlier versions', { noncurrentVersionExpiration: Duration.days(90) }],
  ])('are theirs otherwise: %s', (_, rule) => {
    expect(synth(rule)).not.toThrow()
  })
})

describe('a schedule', () => {
  const schedule = ScheduleExpression.cron({ hour: '6', timeZone: TimeZone.EUROPE_BERLIN })
  it.each<[string, object]>([
    ['without targets', { schedule }],
    ['where each target has its own', { schedule, targets: { R: TARGET }, schedules: { R: schedule } }],
  ])('by which nothing starts is refused: %s', (_, props) => {
    expect(() => make(() => props)).toThrow('schedule is given and no target starts by it')
  })
})

describe('modules', () => {
  it.each([
    ['a text', 'judge.txt', 'be strict', 'judges'],
    ['JSON', 'judge.json', '{"judge": 1}', 'judges'],
    ['a harness', 'harness.mjs', 'export const replay = () => 1\n', 'judges'],
    ['no code', 'broken.mjs', 'export const judge = (', 'judges'],
    ['a judge', 'judge.mjs', 'export const judge = () => true\n', 'harness'],
  ])('of another kind are refused: %s', (_, name, text, prop) => {
    const path = file(name, text)
    expect(() => make(() => (prop === 'judges' ? { judges: [{ path }] } : { harness: { path } }))).toThrow(
      `${path} exports no ${prop === 'judges' ? 'judge: name a script with "export function judge(view)"' : 'replay:'}`,
    )
  })

  it.each([
    ['older.cjs', 'exports.judge = () => true\n'],
    ['typed.ts', 'export const judge = (view: object): boolean => true\n'],
    ['hands-on.mjs', "export * from './judge-of.mjs'\n"],
  ])('that judge are taken in each form: %s', (name, text) => {
    file('judge-of.mjs', 'export const judge = () => null\n')
    expect(make(() => ({ judges: [{ path: file(name, text) }] })).judges.of('search')).toHaveLength(1)
  })
})

it('a period that CloudWatch does not count over is told with those that it does', () => {
  const autotune = make(() => ({}))
  expect(() => autotune.metricRunFailed(Duration.seconds(7))).toThrow(
    'period is 7 seconds; CloudWatch counts over 1, 5, 10, 30 seconds, or whole minutes',
  )
  expect(() => autotune.metricVerdict('certified', Duration.seconds(90))).toThrow(
    'period is 1 minute 30 seconds; CloudWatch',
  )
  for (const period of [Duration.seconds(30), Duration.minutes(7)])
    expect(autotune.metricRunFailed(period)).toBeDefined()
})

describe('parts of a deployment of which something else is given', () => {
  it.each([
    ['Cadence', 'topic', 'a topic: new Topic('],
    ['Cadence', 'judges', 'judges of an Autotune'],
    ['ReviewDesk', 'rollout', 'a workflow: a StateMachine'],
    ['ReviewDesk', 'judges', 'judges of an Autotune'],
    ['Rollouts', 'judges', 'judges of an Autotune'],
  ] as const)('%s says what %s is', (name, prop, is) => {
    const { tuning, deadLetters } = make(() => ({}))
    const { Cadence, ReviewDesk, Rollouts } = constructs
    const Made = { Cadence, ReviewDesk, Rollouts }[name] as unknown as new (...args: readonly unknown[]) => unknown
    for (const value of [null, '', 'x', []])
      expect(
        () => new Made(new Stack(anApp(), 'Mine'), 'Part', { stores, tuning, deadLetters, [prop]: value }),
      ).toThrow(new RegExp(`^${prop} is .*; it is ${is.replace('(', '\\(')}`))
  })
})

describe('what another app makes is refused as that', () => {
  const another = new Stack(anApp(), 'Foreign')
  it('stores, networks, topics and who is granted', () => {
    const of = / of another app than \S+: make both in one, or import it by its ARN$/
    expect(() => make(() => ({ stores: new StatefulStack(anApp(), 'Theirs', { retain: true }) }))).toThrow(of)
    expect(() => make(() => ({ vpc: aVpc(another, 'V') }))).toThrow(of)
    expect(() => make(() => ({ routine: { bands: theBands(), topic: new Topic(another, 'T') } }))).toThrow(of)
    expect(() => stores.grantAudit(new User(another, 'U'))).toThrow(of)
  })
})

describe('a topic or harness of another region is refused where the region is known', () => {
  it.each([
    ['functionArn', { functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:h:7' }],
    [
      'modelArn',
      {
        functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:h:7',
        modelArn: 'arn:aws:bedrock:us-east-1::foundation-model/x',
      },
    ],
  ])('as %s of a harness', (prop, harness) => {
    const app = anApp()
    const own = new StatefulStack(app, 'D', { retain: true, env: GERMANY })
    expect(() => new Autotune(new Stack(app, 'W', { env: GERMANY }), 'Autotune', { stores: own, harness })).toThrow(
      `harness.${prop} lies in region us-east-1, and W in eu-central-1: name one of eu-central-1`,
    )
  })

  const routine = { bands: theBands() as never }
  it('in the context', () => {
    const deploy = (env: object) => () => {
      const app = anApp({ alarms: AMERICAN })
      return new AutotuneStack(app, 'W', { stores: new StatefulStack(app, 'D', { retain: true, ...env }), ...env })
    }
    expect(deploy({ env: GERMANY })).toThrow(
      'context value "alarms" lies in region us-east-1, and W in eu-central-1: name one of eu-central-1',
    )
    expect(deploy({})).not.toThrow()
  })

  it('as a prop', () => {
    const app = anApp()
    const own = new StatefulStack(app, 'D', { retain: true, env: GERMANY })
    const stack = new Stack(app, 'W', { env: GERMANY })
    const topic = Topic.fromTopicArn(stack, 'T', AMERICAN)
    expect(() => new Autotune(stack, 'Autotune', { stores: own, routine: { ...routine, topic } })).toThrow(
      'routine.topic lies in region us-east-1',
    )
  })
})
