import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Duration, Stack } from 'aws-cdk-lib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleApp } from '../../examples/cdk/app.ts'
import { Autotune } from '../../lib/constructs/autotune.ts'
import type { AutotuneProps } from '../../lib/constructs/autotune-props.ts'
import { StatefulStack } from '../../lib/stateful-stack.ts'
import { synthesize, UNBUNDLED } from '../support/infra/deployment.ts'
import type { Template } from '../support/infra/resolve.ts'

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const { context } = json('cdk.json') as { context: Record<string, unknown> }

describe('the configuration of the deployment', () => {
  it('has every recommended feature flag at its recommended value', () => {
    const recommended = json(createRequire(import.meta.url).resolve('aws-cdk-lib/recommended-feature-flags.json'))
    expect(context).toMatchObject(recommended as object)
  })

  it('makes findings of CloudFormation validation errors', () => {
    expect(context['@aws-cdk/core:validateAgainstDefaultRules']).toBe(true)
  })

  it.each([
    ['prod', true],
    ['staging', true],
    ['throwaway', false],
  ])('protects the data of stage %s against deletion: %s', (stage, isProtected) => {
    const { stateful, workflow } = synthesize({ stage })
    expect([stateful.terminationProtection, workflow.terminationProtection ?? false]).toEqual([isProtected, false])
  })
})

describe('registered targets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'autotune-targets-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const withFile = (name: string, text: string) => {
    const dir = join(folder, name)
    mkdirSync(dir, { recursive: true })
    if (text) writeFileSync(join(dir, 'refund-cents.json'), text)
    return synthesize({ targets: dir })
  }

  it('are each started every day, with a dead-letter queue', () => {
    const { templates } = withFile('good', readFileSync('functions/demo/target.json', 'utf8'))
    const schedules = Object.entries(templates.AutotuneWorkflow!.Resources!).flatMap(([id, r]) =>
      r.Type === 'AWS::Scheduler::Schedule' && id.startsWith('Autotune') ? [r] : [],
    )
    expect(schedules).toHaveLength(1)
    const { Target } = schedules[0]!.Properties as { Target: { DeadLetterConfig: unknown; Input: string } }
    expect(Target.DeadLetterConfig).toBeDefined()
    expect(JSON.parse(Target.Input)).toMatchObject({ target: { intent: 'support.refund' } })
  })

  it.each([
    [
      'a folder that is not there',
      () => synthesize({ targets: join(folder, 'nowhere') }),
      /"targets" is .*nowhere.*folder/,
    ],
    ['a folder without targets', () => withFile('empty', ''), /empty holds no \.json file/],
    ['a file that is no JSON', () => withFile('text', 'intent: x'), /refund-cents\.json is no JSON/],
    [
      'a field that is wrong',
      () => withFile('wrong', '{"direction":"down"}'),
      /refund-cents\.json: direction: .*decrease/,
    ],
    ['a target that answers nothing', () => withFile('bare', '{}'), /refund-cents\.json: intent is missing/],
    [
      'two files of one name, of which one would start nothing',
      () => {
        const dir = join(folder, 'alike')
        mkdirSync(dir)
        for (const file of ['support-refund.json', 'support.refund.json'])
          copyFileSync('functions/demo/target.json', join(dir, file))
        return synthesize({ targets: dir })
      },
      /support-refund\.json and support\.refund\.json are both called SupportRefund: rename one/,
    ],
  ])('stop the synthesis on %s', (_, act, message) => {
    expect(act).toThrow(message)
  })
})

describe('the construct in another application', () => {
  it('synthesizes as the example writes it: own schedule, own topic, later answers', () => {
    const templates = exampleApp({ context: UNBUNDLED })
      .synth()
      .stacks.map((s) => s.template as Template)
    const resources = templates.flatMap((t) => Object.values(t.Resources ?? {}))
    const ofType = (type: string) => resources.filter((r) => r.Type === type)
    expect(ofType('AWS::StepFunctions::StateMachine')).toHaveLength(2)
    expect(ofType('AWS::Scheduler::Schedule').map((r) => r.Properties!.ScheduleExpression)).toEqual([
      'cron(30 4 ? * MON *)',
    ])
    expect(JSON.stringify(ofType('AWS::StepFunctions::StateMachine'))).toContain('+ 7200000)')
    const outputs = templates.flatMap((t) => Object.keys(t.Outputs ?? {}))
    for (const name of ['ExperienceBucketName', 'TuningWorkflowArn']) expect(outputs).toContain(name)
    for (const alarm of ofType('AWS::CloudWatch::Alarm')) expect(alarm.Properties!.AlarmActions).toHaveLength(1)
  })

  let stores: StatefulStack
  let app: App
  beforeAll(() => {
    app = new App({ context: UNBUNDLED })
    stores = new StatefulStack(app, 'Data', { retain: false })
  })
  it.each<[string, Partial<AutotuneProps>, RegExp]>([
    ['NoShard', { shardCases: 0 }, /shardCases is 0; it is a whole number from 1 to 10000/],
    ['TooMany', { maxConcurrency: 20_000 }, /maxConcurrency is 20000/],
    [
      'TooSoon',
      { answerAfter: Duration.minutes(1) },
      /answerAfter is 1 minute; it is a Duration of whole seconds, from 300 to 86400/,
    ],
  ])('refuses %s with the allowed values', (id, over, message) => {
    expect(() => new Autotune(new Stack(app, id), 'Autotune', { stores, ...over })).toThrow(message)
  })
})

describe('the example application', () => {
  it('asks for the packed package, and for the versions that this one was tested with', () => {
    const { version, devDependencies } = json('package.json') as {
      version: string
      devDependencies: Record<string, string>
    }
    const { dependencies } = json('examples/cdk/package.json') as { dependencies: Record<string, string> }
    expect(dependencies).toEqual({
      'aws-cdk-lib': devDependencies['aws-cdk-lib'],
      constructs: devDependencies.constructs,
      'contextos-autotune': `file:contextos-autotune-${version}.tgz`,
      esbuild: devDependencies.esbuild,
    })
  })

  it('says in one line which Node it needs, where that one runs no TypeScript', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--no-strip-types', '--import', './node-version.mjs', 'app.ts'],
      { cwd: 'examples/cdk', encoding: 'utf8' },
    )
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^app\.ts needs Node 22\.18 or newer, .* is v\d.*\n$/)])
    expect(json('examples/cdk/cdk.json').app).toBe('node --import ./node-version.mjs app.ts')
  })

  it('has the target of the demo', () => {
    expect(json('examples/cdk/target.json')).toEqual(json('functions/demo/target.json'))
  })
})
