/**
 * Our policy evaluator against one that nobody here wrote, over the whole security table. Its licence (AGPL) is not one that this
 * project takes in: it is installed into a cache folder by whoever runs this, and nothing of it is shipped.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { templatesOf } from '../support/infra/deployment.ts'
import { type Ask, type Policies, policiesOf, type Statement } from '../support/infra/iam.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { doorsOf, fromFunction, STRANGER } from '../support/infra/security-table.ts'

const SIMULATOR = '@cloud-copilot/iam-simulate'
const VERSION = '0.1.173'
const CACHE = join(process.cwd(), 'node_modules/.cache/iam-simulate')
/** Actions that it takes for `*` alone, as AWS's reference says. AWS itself looks at the state machine: its refusals name one. */
const BY_MACHINE: ReadonlySet<string> = new Set(['states:SendTaskSuccess', 'states:SendTaskFailure'])
const ACCOUNT = '111122223333'
const AT = `eu-central-1:${ACCOUNT}`

/** As much of the simulator as is used. */
interface Simulator {
  runSimulation(
    simulation: object,
    options: object,
  ): Promise<
    | { readonly resultType: 'error'; readonly errors: { readonly message: string } }
    | { readonly resultType: 'single' | 'wildcard'; readonly overallResult: string }
  >
}

async function simulator(): Promise<Simulator> {
  const installed = join(CACHE, 'node_modules', SIMULATOR)
  if (!existsSync(installed)) {
    mkdirSync(CACHE, { recursive: true })
    writeFileSync(join(CACHE, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', CACHE, `${SIMULATOR}@${VERSION}`])
  }
  return (await import(pathToFileURL(join(installed, 'dist/esm/index.js')).href)) as Simulator
}

/** ARNs and names of the templates as AWS would write them. */
function realNames(templates: Templates): (text: string) => string {
  const shape: Readonly<Record<string, (id: string) => string>> = {
    'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
    'AWS::KMS::Key': (id) => `arn:aws:kms:${AT}:key/${id}`,
    'AWS::DynamoDB::Table': (id) => `arn:aws:dynamodb:${AT}:table/${id}`,
    'AWS::StepFunctions::StateMachine': (id) => `arn:aws:states:${AT}:stateMachine:${id}`,
    'AWS::Logs::LogGroup': (id) => `arn:aws:logs:${AT}:log-group:${id}:*`,
    'AWS::Lambda::Function': (id) => `arn:aws:lambda:${AT}:function:${id}`,
    'AWS::IAM::Role': (id) => `arn:aws:iam::${ACCOUNT}:role/${id}`,
    'AWS::SQS::Queue': (id) => `arn:aws:sqs:${AT}:${id}`,
    'AWS::SNS::Topic': (id) => `arn:aws:sns:${AT}:${id}`,
  }
  const arn = (whole: string, stack: string, id: string): string => {
    const made = shape[templates[stack]?.Resources?.[id]?.Type ?? '']
    if (!made && templates[stack]) throw new Error(`no ARN is known for ${whole}`)
    return made?.(id) ?? `arn:aws:lambda:${AT}:function:${id}`
  }
  return (text) =>
    text
      .replaceAll(/\barn:(\w+)\.(\w+)/g, arn)
      .replaceAll('AWS::Partition', 'aws')
      .replaceAll('AWS::Region', 'eu-central-1')
      .replaceAll('AWS::AccountId', ACCOUNT)
      // Names of machines and ids of AppConfig, which the resolver names by stack and logical id.
      .replaceAll(/\b\w+\.(Autotune|Cadence|Rollouts)(\w+?)([0-9A-F]{8})(\.Name)?\b/g, '$1$2$3'.toLowerCase())
}

/** What the simulator takes for actions on a log group: a stream of it. */
const streamOf = (resource: string): string =>
  resource.includes(':log-group:') ? resource.replace(/:\*$/, ':log-stream:s') : resource

/** Both answers to one question. */
async function answers(of: Simulator, policies: Policies, real: (text: string) => string, role: string, ask: Ask) {
  const translated = <T>(value: T): T => JSON.parse(real(JSON.stringify(value))) as T
  const policy = (statements: readonly Statement[]) => ({ Version: '2012-10-17', Statement: translated(statements) })
  const onResource = [...policies.onResource].flatMap(([arn, statements]) =>
    ask.resource === arn || ask.resource.startsWith(`${arn}/`) ? statements : [],
  )
  const response = await of.runSimulation(
    {
      request: {
        action: ask.action,
        principal: real(role),
        resource: { resource: streamOf(real(ask.resource)), accountId: ACCOUNT },
        contextVariables: translated(policies.contextOf(role, ask)),
      },
      identityPolicies: [{ name: 'all', policy: policy(policies.identity.get(role) ?? []) }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(onResource.length > 0 ? { resourcePolicy: policy(onResource) } : {}),
    },
    {},
  )
  if (response.resultType === 'error')
    return {
      ours: policies.may(role, ask),
      theirs: `${response.errors.message} for ${ask.action} on ${real(ask.resource)} ${JSON.stringify(response.errors)}`,
    }
  return { ours: policies.may(role, ask), theirs: response.overallResult === 'Allowed' }
}

describe('the policy evaluator of the tests', () => {
  let of: Simulator
  let templates: Templates
  beforeAll(async () => {
    of = await simulator()
    templates = templatesOf({ appconfig: 'on', auditsql: 'on', attestations: 'on' })
  })

  it('answers as an independent simulator does, every role at every door', async () => {
    const policies = policiesOf(templates)
    const real = realNames(templates)
    const differing: string[] = []
    let asked = 0
    const doors = Object.entries(doorsOf(templates)).filter(([, { action }]) => !BY_MACHINE.has(action))
    for (const role of policies.roles)
      for (const [door, ask] of doors) {
        const own = policies.functions.get(role)?.at(-1)
        for (const question of own ? [fromFunction(ask, own), fromFunction(ask, STRANGER)] : [ask]) {
          const { ours, theirs } = await answers(of, policies, real, role, question)
          asked++
          if (ours !== theirs) differing.push(`${role}: ${door}: ours ${ours}, theirs ${theirs}`)
        }
      }
    expect(differing).toEqual([])
    expect(asked).toBeGreaterThan(3000)
  })
})
