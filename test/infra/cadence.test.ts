/** The routine as it is deployed: when it looks, what starts it, what it is told by the context, and what is wrong with that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { readBands } from '../../functions/cli/cadence/bands.ts'
import { bandsOf } from '../../lib/context/documents.ts'
import { dailyTime } from '../../lib/context/values.ts'
import { dailyTimeOf, readyTime } from '../../lib/daily-time.ts'
import { theBands } from '../support/bands.ts'
import { aTarget, INTENT } from '../support/builders.ts'
import { synthesize, templatesOf } from '../support/infra/deployment.ts'
import { resolver, type Templates } from '../support/infra/resolve.ts'
import { machinesOf } from '../support/workflow/deployed.ts'

const dir = mkdtempSync(join(tmpdir(), 'autotune-bands-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = (name: string, value: unknown): string => {
  writeFileSync(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value))
  return join(dir, name)
}
type Node = Parameters<typeof bandsOf>[0]
const node = (value: unknown): Node => ({ tryGetContext: () => value }) as unknown as Node
const [of] = theBands().intents
const withTarget = (target: unknown) => ({
  ...theBands(),
  intents: [{ ...of, bands: [{ ...of!.bands[0], target }] }],
})

/** A schedule of the routine; registered targets have their own. */
function scheduleOf(templates: Templates, id = 'EveryDay'): Record<string, unknown> {
  const found = Object.entries(templates.AutotuneWorkflow!.Resources!).filter(
    ([name, { Type }]) => Type === 'AWS::Scheduler::Schedule' && name.startsWith(`Cadence${id}`),
  )
  expect(found).toHaveLength(1)
  return resolver(templates, 'AutotuneWorkflow')(found[0]![1].Properties) as Record<string, unknown>
}

describe('the deployed routine', () => {
  let templates: Templates
  beforeAll(() => {
    templates = templatesOf()
  }, 60_000)

  it('looks every day shortly after the day is ready, and what could not be started reaches the dead letters', () => {
    const schedule = scheduleOf(templates)
    expect(schedule).toMatchObject({
      ScheduleExpression: 'cron(15 0 * * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: expect.stringContaining('CadenceDailyWorkflow'),
        DeadLetterConfig: { Arn: expect.stringContaining('AutotuneDeadLetters') },
        Input: '{}',
        RetryPolicy: { MaximumRetryAttempts: 3 },
      },
    })
  })

  it('looks at the declared time of a place', () => {
    const all = templatesOf({ daily: '06:30 Europe/Berlin', quarterly: '08:00 America/New_York' })
    const when = (id: string) => {
      const { ScheduleExpression, ScheduleExpressionTimezone } = scheduleOf(all, id)
      return `${ScheduleExpression} ${ScheduleExpressionTimezone}`
    }
    expect(['EveryDay', 'EveryWeek', 'EveryQuarter'].map(when)).toEqual([
      'cron(30 6 * * ? *) Europe/Berlin',
      'cron(30 6 ? * MON *) Europe/Berlin',
      'cron(0 8 2 1,4,7,10 ? *) America/New_York',
    ])
  }, 60_000)

  it('measures the intents in a distributed map and starts runs by name; without a topic nobody is told', () => {
    const [, definition] = Object.entries(machinesOf(templates)).find(([arn]) => arn.includes('CadenceDaily'))!
    expect(definition.States['Read Bands']).toMatchObject({ Assign: { bands: theBands() } })
    expect(definition.States['Slice Intents']).toMatchObject({
      Items: '{% $bands.intents %}',
      ToleratedFailurePercentage: 0,
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' } },
    })
    expect(JSON.stringify(definition)).not.toContain('sns')
    expect(JSON.stringify(definition.States['Start Runs'])).toContain('"Name":"{% $states.input.name %}"')
  })

  it('has no right on the vault or the releases, and but for what judges and looks back none on the journal of heads, in whatever words', () => {
    const policies = Object.entries(templates.AutotuneWorkflow!.Resources!).filter(
      ([id, { Type }]) =>
        Type === 'AWS::IAM::Policy' &&
        id.startsWith('Cadence') &&
        !/^Cadence(RefreshSealed|ClearLogs|ResplitIntent)/.test(id),
    )
    expect(policies.length).toBeGreaterThanOrEqual(5)
    for (const [id, { Properties }] of policies) {
      const refused = /^Cadence(JudgeDays|ReviewWeek|ReviewQuarter)/.test(id)
        ? /Vault|Releases|kms:(?!VerifyMac|GenerateMac)|s3:\*|s3:Delete/g
        : /Vault|Heads|Releases|kms:|s3:\*|s3:Delete/g
      expect([id, JSON.stringify(Properties!.PolicyDocument).match(refused)]).toEqual([id, null])
    }
  })

  it('rings when it fails, as every alarm does', () => {
    const alarms = 'arn:aws:sns:us-east-1:123456789012:on-call'
    const [, alarm] = Object.entries(templatesOf({ alarms }).AutotuneWorkflow!.Resources!).find(
      ([id, { Type }]) => Type === 'AWS::CloudWatch::Alarm' && id.startsWith('CadenceRoutineFailed'),
    )!
    expect(alarm.Properties).toMatchObject({ Threshold: 1, AlarmActions: [alarms], OKActions: [alarms] })
  }, 60_000)
})

describe('bands of the context', () => {
  it('are those that the command line reads: the same digest stands in the judged days', () => {
    file('target.json', aTarget())
    const path = file('bands.json', { $schema: 'x', ...withTarget('target.json') })
    expect(bandsOf(node(path))!.intents[0]!.bands[0]!.target).toEqual(aTarget())
    expect(digestOf(bandsOf(node(path)))).toBe(digestOf(readBands(path)))
    expect(bandsOf(node(undefined))).toBeNull()
  })

  it.each([
    ['no file', 'nowhere.json', /"bands" is "nowhere.json"; it names a file of bands/],
    ['no JSON', file('broken.json', '{'), /broken\.json is no JSON/],
    [
      'a field that is wrong',
      file('negative.json', { ...theBands(), cooldown_days: -1 }),
      /negative\.json: cooldown_days/,
    ],
    ['no target there', file('lost.json', withTarget('lost-target.json')), /lost-target\.json/],
    [
      'a target that is none',
      file('bad.json', withTarget(file('bad-target.json', { ...aTarget(), metric: 'joy' }).slice(dir.length + 1))),
      /bad-target\.json: metric/,
    ],
    [
      'a target of another intent',
      file(
        'other.json',
        withTarget(file('other-target.json', { ...aTarget(), intent: 'order.change' }).slice(dir.length + 1)),
      ),
      /other\.json: the band of economics_tokens_per_decision names other-target\.json, which is about order\.change/,
    ],
  ])('fail at synthesis: %s', (_, path, message) => {
    expect(() => bandsOf(node(path))).toThrow(message)
  })

  it('fail where a deployment cannot carry them', () => {
    const intents = Array.from({ length: 30 }, (_, n) => ({ ...of!, intent: `${INTENT}.${n}` }))
    const many = (over: object) => file('many.json', { ...theBands(), intents: intents.map(bare), ...over })
    expect(() => synthesize({ bands: many({ revised_for_days: 90 }) })).toThrow(
      /2730 slices a day.*lower revised_for_days/,
    )
    const wide = intents.map(bare).map((one) => ({ ...one, intent: one.intent.padEnd(120, 'x') }))
    const wordy = Array.from({ length: 700 }, (_, n) => ({ ...wide[n % 30]!, intent: `${n}${'x'.repeat(110)}` }))
    expect(() => synthesize({ bands: many({ revised_for_days: 1, intents: wordy }) })).toThrow(
      /a deployment carries 120000/,
    )
  }, 60_000)

  it('fail for a text that the workflow would take for an expression', () => {
    const path = file('computed.json', withTarget({ ...aTarget(), owner: '{% $states.input %}' }))
    expect(() => synthesize({ bands: path })).toThrow(/begins with \{%, which a workflow would compute/)
  }, 60_000)

  it('fail for a target that names the proposer "blocks", whose library no band hands over, and not for others', () => {
    const others = file('others.json', withTarget({ ...aTarget(), proposers: ['neighbours', 'sentences'] }))
    expect(() => synthesize({ bands: others })).not.toThrow()
    const path = file('proposing.json', withTarget({ ...aTarget(), proposers: ['neighbours', 'blocks'] }))
    expect(() => synthesize({ bands: path })).toThrow(
      /names the proposer "blocks", whose library no band hands over: take it out and give "autotune run --target FILE/,
    )
  }, 60_000)

  it('fail for a target whose intent nobody reviews or rolls out', () => {
    const target = aTarget({ release_path: { ...aTarget().release_path!, requires_reviewers: ['nobody'] } })
    const path = file('unreviewed.json', withTarget(target))
    expect(() => synthesize({ bands: path })).toThrow(
      `target economics_tokens_per_decision of ${INTENT} requires a reviewer as "nobody"`,
    )
  }, 60_000)

  const bare = (one: NonNullable<typeof of>) => ({
    ...one,
    bands: one.bands.map(({ target: _, ...band }) => band),
  })
})

describe('the time of day', () => {
  it.each([
    [0, '00:15'],
    [6, '06:15'],
    [23.9, '00:09'],
    [30.5, '06:45'],
    [336, '00:15'],
  ])('is shortly after a day is ready: %s hours after its end, at %s', (hours, time) => {
    expect(readyTime(hours)).toEqual(dailyTimeOf(time))
  })

  it.each(['24:00', '6:30', '06:60', '06:30 Mars/Olympus', '06:30 +02:00', '06:30  UTC', '', 'daily', '06:30 UTC x'])(
    'is none: "%s"',
    (text) => {
      expect(dailyTimeOf(text)).toBeNull()
      expect(() => dailyTime(node(text), true)).toThrow(/it is a time and a time zone, "06:30 Europe\/Berlin"/)
    },
  )

  it('is of a routine', () => {
    expect(() => dailyTime(node('06:30'), false)).toThrow('no routine is deployed: "-c bands=FILE"')
    expect(dailyTime(node(undefined), false)).toBeUndefined()
    expect(dailyTime(node('06:30 America/New_York'), true)).toEqual({ hour: 6, minute: 30, zone: 'America/New_York' })
  })
})
