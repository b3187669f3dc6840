/** Stores of one's own that no workflow could use, context values, and lists of the documentation: each is said before anything is deployed. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { App, Duration, Stack } from 'aws-cdk-lib'
import { AttributeType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { describe, expect, it } from 'vitest'
import { handlerNames } from '../../lib/bundling.ts'
import { CONTEXT_NAMES } from '../../lib/context/known.ts'
import { StatefulStack, type StatefulStackProps } from '../../lib/index.ts'
import { synthesize, templatesOf, UNBUNDLED } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'

const GERMANY = { account: '111122223333', region: 'eu-central-1' }
const anApp = () => new App({ context: UNBUNDLED })

describe("stores of one's own", () => {
  const pk = { name: 'pk', type: AttributeType.STRING }
  const sk = { name: 'sk', type: AttributeType.STRING }
  type Own = readonly [what: string, props: (own: Stack) => unknown, says: string]
  it.each<Own>([
    [
      'half a day of a lock',
      () => ({ vaultLock: Duration.hours(12) }),
      'vaultLock is 12 hours; it is a Duration of whole days, from 1 to 36500: Duration.days(1)',
    ],
    [
      'no word whether it is kept',
      () => ({ retain: undefined }),
      'retain is undefined; it is true, or false for data that goes',
    ],
    ['a stage', () => ({ stage: '' }), 'stage is ""; it is a text: prod'],
    ['no word that is one', () => ({ retain: 'no' }), 'retain is "no"; it is true, or false for data that goes'],
    ['a name of a table', () => ({ ledgerTable: 'x' }), 'ledgerTable is "x"; it is a table: new Table('],
    ['the class of a bucket', () => ({ experienceBucket: Bucket }), 'experienceBucket is no function: it is made in'],
    [
      'a function without a bucket',
      () => ({ experienceBucket: () => undefined }),
      'experienceBucket gives none: it is',
    ],
    ['no day of a lock', () => ({ releaseLock: Duration.days(0) }), 'releaseLock is 0 days'],
    [
      'a table without sort key',
      (own) => ({ ledgerTable: new Table(own, 'T', { partitionKey: pk }) }),
      'ledgerTable Own/T has the keys pk (HASH, S); it has pk (HASH, S) and sk (RANGE, S)',
    ],
    [
      'a table of numbers',
      (own) => ({
        ledgerTable: new TableV2(own, 'T', { partitionKey: { ...pk, type: AttributeType.NUMBER }, sortKey: sk }),
      }),
      'pk (HASH, N), sk (RANGE, S); it has',
    ],
    [
      'a table of another region',
      (own) => ({
        env: GERMANY,
        ledgerTable: Table.fromTableArn(own, 'T', 'arn:aws:dynamodb:us-east-1:111122223333:table/t'),
      }),
      'ledgerTable lies in region us-east-1, and Data in eu-central-1',
    ],
    [
      'a table that lies elsewhere in this app',
      (own) => ({ env: GERMANY, ledgerTable: new Table(own, 'T', { partitionKey: pk, sortKey: sk }) }),
      'ledgerTable lies in account that is known at deployment alone',
    ],
    [
      'a bucket, not what makes one',
      (own) => ({ experienceBucket: new Bucket(own, 'B') }),
      'experienceBucket is no function: it is made in the scope',
    ],
    [
      'a bucket of another stack',
      (own) => ({ experienceBucket: () => new Bucket(own, 'B', { versioned: true }) }),
      'experienceBucket is made in Own: it is made in the scope that is given: experienceBucket: (scope) => new Bucket(scope',
    ],
    [
      'a bucket that locks',
      () => ({
        experienceBucket: (scope: Construct) =>
          new Bucket(scope, 'B', {
            versioned: true,
            objectLockEnabled: true,
            objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(1)),
          }),
      }),
      'experienceBucket Data/B keeps what it holds locked',
    ],
    [
      'a key that is shut',
      () => ({ vaultKey: (scope: Construct) => new Key(scope, 'K', { enabled: false }) }),
      'vaultKey is disabled, and encrypts nothing',
    ],
    [
      'a key that signs',
      () => ({
        vaultKey: (scope: Construct) =>
          new Key(scope, 'K', { keySpec: KeySpec.HMAC_256, keyUsage: KeyUsage.GENERATE_VERIFY_MAC }),
      }),
      'vaultKey is of the kind HMAC_256; S3 encrypts under a symmetric one',
    ],
  ])('%s', (_name, props, says) => {
    const app = anApp()
    const own = new Stack(app, 'Own')
    expect(
      () => new StatefulStack(app, 'Data', { retain: true, ...(props(own) as Partial<StatefulStackProps>) }),
    ).toThrow(says)
  })

  it('say what a table that exists needs', () => {
    const app = anApp()
    const ledgerTable = Table.fromTableArn(
      new Stack(app, 'Own'),
      'T',
      'arn:aws:dynamodb:eu-central-1:111122223333:table/t',
    )
    const stores = new StatefulStack(app, 'Data', { retain: true, ledgerTable })
    expect(JSON.stringify(stores.ledger.node.metadata)).toContain(
      'it has the keys pk (partition) and sk (sort), both texts',
    )
  })
})

describe('context values', () => {
  const docs = readFileSync('docs/deploy.md', 'utf8')

  it('that nothing reads stop the synthesis, with those that there are', () => {
    expect(() => synthesize({ rolouts: 'x' })).toThrow(/there is no context value "rolouts"; they are stage, targets,/)
    const synth =
      (...args: string[]) =>
      () =>
        execFileSync(process.execPath, ['bin/synth.ts', ...args], { stdio: 'pipe' })
    expect(synth('stage=prod', 'stage=staging')).toThrow('context value "stage" is given twice: give it once')
    expect(String(synth('--help')())).toMatch(/^Synthesizes .*: write NAME=VALUE, .*names are stage, targets,/)
    expect(synth('--stage=x')).toThrow(
      '"--stage=x" is no context value: write NAME=VALUE, such as stage=throwaway; names are stage, targets,',
    )
  })

  it('stand in docs/deploy.md, each and no other', () => {
    const table = docs.slice(
      docs.indexOf('## What can be configured'),
      docs.indexOf('\n## ', docs.indexOf('## What can be') + 5),
    )
    const named = [...table.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/\w+/g)].map(String),
    )
    expect(named.sort()).toEqual([...CONTEXT_NAMES].sort())
  })
})

it('docs/deploy.md lists the names that `memory` takes', () => {
  const [, listed] = /### Names of functions\n+[^\n]+\n([^\n]+)/.exec(readFileSync('docs/deploy.md', 'utf8'))!
  expect(listed).toBe(
    `${handlerNames()
      .map((name) => `\`${name}\``)
      .join(', ')}.`,
  )
})

describe('what a VPC must reach', () => {
  /** Services by the prefix of their actions, as people name them. */
  const SERVICES: Readonly<Record<string, string>> = {
    s3: 'S3',
    dynamodb: 'DynamoDB',
    kms: 'KMS',
    lambda: 'Lambda',
    states: 'Step Functions',
    ses: 'SES',
    appconfig: 'AppConfig',
    bedrock: 'Bedrock Runtime',
    secretsmanager: 'Secrets Manager',
  }
  /** What Lambda itself sends. */
  const OF_LAMBDA = ['logs', 'xray']

  it('is every service that a function may call, in the words of the prop and of docs/deploy.md', () => {
    const templates = templatesOf({
      appconfig: 'on',
      auditsql: 'on',
      attestations: 'on',
      deliver: 'env',
      harness: 'arn:aws:lambda:eu-central-1:111122223333:function:h:7',
      model: 'arn:aws:bedrock:eu-central-1::foundation-model/x',
    })
    const { identity, functions } = policiesOf(templates)
    const called = [...functions.keys()].flatMap((role) =>
      (identity.get(role) ?? []).flatMap(({ Action }) => Action.map((action) => action.split(':')[0]!)),
    )
    // The key of a live model, of which a document that somebody signed is needed.
    expect(readFileSync('lib/constructs/harness.ts', 'utf8')).toContain("may('secretsmanager:GetSecretValue'")
    expect([...new Set([...called, 'secretsmanager'])].sort()).toEqual([...Object.keys(SERVICES), ...OF_LAMBDA].sort())
    const prop = /VPC that every function[\s\S]+?\*\//.exec(
      readFileSync('lib/constructs/runtime-settings.ts', 'utf8'),
    )![0]
    const page = /^\| a VPC .*$/m.exec(readFileSync('docs/deploy.md', 'utf8'))![0]
    for (const text of [prop, page]) for (const name of Object.values(SERVICES)) expect(text).toContain(name)
  })
})
