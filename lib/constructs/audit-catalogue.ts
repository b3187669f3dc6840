/** The tables of the export as Athena sees them: a Glue database over the files that are kept beside the store, and the queries that auditors ask. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Aws, Stack } from 'aws-cdk-lib'
import { CfnNamedQuery, type CfnWorkGroup } from 'aws-cdk-lib/aws-athena'
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { ExportTable } from '#schemas/export-columns.ts'
import { EXPORT_MONTHS, EXPORT_TABLES } from '#schemas/export-tables.ts'
import { AUDIT_TABLES } from '#schemas/s3-keys.ts'
import { ROOT } from '../bundling.ts'
import { deploymentName } from './metrics-namespace.ts'

const QUERIES = join(ROOT, 'functions/audit-sql')

/** Database, tables and nothing that runs: no crawler looks for anything. */
export class AuditCatalogue extends Construct {
  /** Name of the database: that of the stack, in letters that Athena takes. */
  readonly database: string

  private readonly own: CfnDatabase

  constructor(scope: Construct, id: string, bucket: IBucket) {
    super(scope, id)
    this.database = `${deploymentName(this)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')}_audit`
    this.own = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: {
        name: this.database,
        description: 'The store of contextos-autotune as tables (docs/export-tables.md)',
      },
    })
    for (const [name, table] of Object.entries<ExportTable>(EXPORT_TABLES)) this.table(name, table, bucket)
  }

  /** ARNs of catalogue, database and tables, as reading one of them asks for. */
  arns(): string[] {
    const arn = (resource: string, resourceName?: string) =>
      Stack.of(this).formatArn({ service: 'glue', resource, ...(resourceName ? { resourceName } : {}) })
    const tables = Object.keys(EXPORT_TABLES).map((name) => arn('table', `${this.database}/${name}`))
    return [arn('catalog'), arn('database', this.database), ...tables]
  }

  /** The texts of functions/audit-sql as they are: tables are found in the database that each of them names. */
  addQueries(workGroup: CfnWorkGroup): void {
    for (const file of readdirSync(QUERIES)
      .filter((name) => name.endsWith('.sql'))
      .sort()) {
      const text = readFileSync(join(QUERIES, file), 'utf8')
      const name = file.replace(/\.sql$/, '')
      const query = new CfnNamedQuery(this, `Query-${name}`, {
        name,
        database: this.database,
        description: headOf(text),
        queryString: text,
        workGroup: workGroup.name,
      })
      query.addResourceDependency(this.own)
      query.addResourceDependency(workGroup)
    }
  }

  /**
   * Partitions are computed from the names of months: none is ever registered, so none can be missing. Day and intent are
   * columns of the lines; nobody has to know beforehand which intents there will be.
   */
  private table(name: string, { about, columns }: ExportTable, bucket: IBucket): void {
    const location = `s3://${bucket.bucketName}/${AUDIT_TABLES}${name}/`
    const table = new CfnTable(this, `Table-${name}`, {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: this.database,
      tableInput: {
        name,
        description: about,
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'json',
          'projection.enabled': 'true',
          'projection.month.type': 'date',
          'projection.month.format': 'yyyy-MM',
          'projection.month.range': `${EXPORT_MONTHS.first},${EXPORT_MONTHS.last}`,
          'projection.month.interval': '1',
          'projection.month.interval.unit': 'MONTHS',
          'storage.location.template': `${location}month=\${month}/`,
        },
        partitionKeys: [{ name: 'month', type: 'string' }],
        storageDescriptor: {
          location,
          columns: [
            { name: 'day', type: 'string' },
            { name: 'intent', type: 'string' },
            // The types of the export are those of Hive too.
            ...Object.entries(columns).map(([column, { type, about }]) => ({
              name: column,
              type,
              comment: about.slice(0, 255),
            })),
          ],
          inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
        },
      },
    })
    table.addResourceDependency(this.own)
  }
}

/** What a query says of itself: the comment that it begins with, in one line. */
function headOf(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('--'))
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^--\s*/, ''))
    .join(' ')
}
