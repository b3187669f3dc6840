/** Stages beside each other: no name is shared, and a deployed stage refuses to become another. */
import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { beforeAll, describe, expect, it } from 'vitest'
import { StatefulStack } from '../../lib/stateful-stack.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import type { Template, Templates } from '../support/infra/resolve.ts'

/** Stage -> its stacks. Those of `prod` are the names that every deployment had before; never rename them. */
const STACKS = {
  prod: ['AutotuneData', 'AutotuneWorkflow'],
  staging: ['AutotuneStagingData', 'AutotuneStagingWorkflow'],
  throwaway: ['AutotuneThrowawayData', 'AutotuneThrowawayWorkflow'],
} as const
type StageName = keyof typeof STACKS
const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }
const names = Object.keys(STACKS) as StageName[]
const others = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const))

const stageOf = ({ Parameters }: Template) => Parameters!.Stage!

/** What CloudFormation says of an update that keeps the parameters of a stack, as `cdk deploy` asks for it. */
function updateRefusal(deployed: Template, next: Template): string | null {
  const { Default: kept } = stageOf(deployed)
  const { AllowedValues, ConstraintDescription } = stageOf(next)
  return AllowedValues!.includes(kept!) ? null : ConstraintDescription!
}

describe('stages', () => {
  let all: Record<StageName, Templates>
  beforeAll(() => {
    all = Object.fromEntries(names.map((stage) => [stage, templatesOf({ stage, appconfig: 'on' })])) as typeof all
  })

  it.each(Object.entries(STACKS))('%s has stacks of its own names', (stage, stacks) => {
    expect(Object.keys(all[stage as StageName]).sort()).toEqual([...stacks])
  })

  it.each(others)('nothing that %s names is named by %s', (one, other) => {
    const named = (stage: StageName) =>
      new Set(
        Object.values(all[stage]).flatMap((t) =>
          Object.values(t.Resources ?? {}).flatMap((r) =>
            Object.entries(r.Properties ?? {}).flatMap(([key, value]) =>
              /(^Name|Name)$/.test(key) && typeof value === 'string' && !WITHIN.has(r.Type)
                ? [`${r.Type} ${value}`]
                : [],
            ),
          ),
        ),
      )
    const [mine, theirs] = [named(one), named(other)]
    expect(mine.size).toBeGreaterThan(0)
    expect([...mine].filter((name) => theirs.has(name))).toEqual([])
  })

  it('counts and rings in a namespace of its own', () => {
    const spaces = (templates: Templates) => {
      const text = JSON.stringify(templates)
      return [
        ...new Set(Object.values(templates).flatMap((t) => Object.values(t.Resources ?? {}).flatMap(namespacesOf))),
        ...new Set([...text.matchAll(/"AUTOTUNE_METRICS":"(\w+)"/g)].map(([, name]) => name)),
      ]
    }
    expect(names.map((stage) => spaces(all[stage]))).toEqual([
      ['Autotune', 'Autotune'],
      ['AutotuneStaging', 'AutotuneStaging'],
      ['AutotuneThrowaway', 'AutotuneThrowaway'],
    ])
  })

  it.each(others)('a stack that was deployed as %s refuses to become %s, and says why', (from, to) => {
    for (const i of [0, 1] as const) {
      const deployed = all[from][STACKS[from][i]]!
      expect(updateRefusal(deployed, all[to][STACKS[to][i]]!)).toMatch(
        new RegExp(`must be "${to}": this stack was deployed as another stage`),
      )
      expect(updateRefusal(deployed, deployed)).toBeNull()
    }
  })

  it('one that was deployed before stages were fixed takes the stage of its next deployment', () => {
    for (const stage of names)
      for (const stack of STACKS[stage])
        expect(stageOf(all[stage][stack]!)).toMatchObject({ Type: 'String', Default: stage, AllowedValues: [stage] })
  })
})

/** Whose names are unique inside a role, an application or an API, or nowhere, and not in the account. */
const WITHIN = new Set([
  'AWS::IAM::Policy',
  'AWS::AppConfig::Environment',
  'AWS::AppConfig::ConfigurationProfile',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Stage',
  // The name of its metric.
  'AWS::CloudWatch::Alarm',
])

function namespacesOf({ Type, Properties }: NonNullable<Template['Resources']>[string]): string[] {
  const space = Properties?.Namespace
  return Type === 'AWS::CloudWatch::Alarm' && typeof space === 'string' && !space.startsWith('AWS/') ? [space] : []
}

describe('stores in an application of your own', () => {
  it('keep whether their data outlives them: `retain` cannot be turned off under a deployed stack', () => {
    const template = (retain: boolean) => {
      const app = new App({ context })
      const stack = new StatefulStack(app, 'SupportData', { retain })
      return app.synth().getStackByName(stack.stackName).template as Template
    }
    expect(updateRefusal(template(true), template(false))).toMatch(/must be "throwaway"/)
    expect(updateRefusal(template(true), template(true))).toBeNull()
  })
})
