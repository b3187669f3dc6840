/** The tables for SQL as they are deployed: partitions that nobody registers, a limit, the shipped queries, and who may ask. */
import { beforeAll, describe, expect, it } from 'vitest'
import { EXPORT_TABLES } from '#schemas/export-tables.ts'
import { queries } from '../../functions/cli/export.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { type Resource, resolver, type Templates } from '../support/infra/resolve.ts'

const of = (templates: Templates, type: string): Resource[] =>
  Object.values(templates.AutotuneWorkflow!.Resources!).filter((r) => r.Type === type)

describe('tables for SQL', () => {
  let templates: Templates
  beforeAll(() => {
    templates = templatesOf({ auditsql: 'on' })
  }, 60_000)

  it('are one for each table of the export, with its columns, by month, and no crawler', () => {
    const resolve = resolver(templates, 'AutotuneWorkflow')
    type Column = { Name: string; Type: string }
    type Input = {
      Name: string
      Parameters: Record<string, string>
      PartitionKeys: Column[]
      StorageDescriptor: { Columns: Column[]; Location: string }
    }
    const inputs = of(templates, 'AWS::Glue::Table').map((r) => resolve(r.Properties!.TableInput) as Input)
    expect(
      Object.fromEntries(inputs.map((t) => [t.Name, t.StorageDescriptor.Columns.map((c) => `${c.Name} ${c.Type}`)])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(EXPORT_TABLES).map(([name, { columns }]) => [
          name,
          ['day string', 'intent string', ...Object.entries(columns).map(([c, { type }]) => `${c} ${type}`)],
        ]),
      ),
    )
    for (const { Name, Parameters, PartitionKeys, StorageDescriptor } of inputs) {
      expect(PartitionKeys).toEqual([{ Name: 'month', Type: 'string' }])
      expect(StorageDescriptor.Location).toMatch(new RegExp(`^s3://.*ExperienceBucket.*/audit/${Name}/$`))
      expect(Parameters).toMatchObject({
        'projection.enabled': 'true',
        'projection.month.range': '2020-01,2049-12',
        'storage.location.template': `${StorageDescriptor.Location}month=\${month}/`,
      })
    }
    expect(of(templates, 'AWS::Glue::Crawler')).toEqual([])
  })

  it('are asked by the shipped queries as they stand, within a limit that nobody can raise', () => {
    const shipped = of(templates, 'AWS::Athena::NamedQuery').map(({ Properties: p }) => [
      `${p!.Name}.sql`,
      p!.QueryString,
    ])
    expect(Object.fromEntries(shipped)).toEqual(Object.fromEntries(queries()))
    const [group] = of(templates, 'AWS::Athena::WorkGroup')
    expect(group!.Properties!.WorkGroupConfiguration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 10_000_000_000,
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
    })
  })

  it('are brought up to date after every workflow that ended, and every day, one call at a time', () => {
    const rule = (id: string) =>
      Object.entries(templates.AutotuneWorkflow!.Resources!).find(([name]) => name.startsWith(`AuditSql${id}`))![1]
        .Properties as { EventPattern?: { detail: { stateMachineArn: unknown[] } }; ScheduleExpression?: string }
    const ended = JSON.stringify(rule('Ended').EventPattern!.detail.stateMachineArn)
    for (const machine of ['AutotuneTuning', 'CadenceDaily', 'CadenceWeekly', 'CadenceQuarterly', 'Review', 'Rollouts'])
      expect(ended).toContain(`"${machine}Workflow`)
    expect(rule('EveryDay').ScheduleExpression).toBe('rate(1 day)')
    const one = of(templates, 'AWS::Lambda::Function').filter((r) => r.Properties!.ReservedConcurrentExecutions === 1)
    expect(one).toHaveLength(1)
  })

  it('are none without the context value, and a wrong one is refused', () => {
    const off = templatesOf()
    for (const type of ['AWS::Glue::Table', 'AWS::Glue::Database', 'AWS::Athena::WorkGroup', 'AWS::Athena::NamedQuery'])
      expect(of(off, type)).toEqual([])
    expect(() => templatesOf({ auditsql: 'yes' })).toThrow('context value "auditsql" is "yes"; it is "on" or "off"')
  }, 60_000)
})
