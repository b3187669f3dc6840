/** Findings of the security rules that stand in the tables for SQL, each with its reason. */
import { Stack } from 'aws-cdk-lib'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import type { AuditSql } from '../constructs/audit-sql.ts'
import {
  type Acknowledgement,
  below,
  HEADS,
  inExperience,
  inReleases,
  LINES,
  type Row,
  wildcard,
} from './acknowledge.ts'

const FILES =
  'ids of runs, days and intents do not exist at synthesis; the function is given the kinds of file that rows are made of'
const RELEASED = 'the store is held against its journal before it is told; releases do not exist at synthesis'
const COPIES = 'files are named by day and intent, which do not exist at synthesis; nothing else lies there'

const ANSWERS = 'Athena names the files of an answer by an id that does not exist at synthesis'

const READ = [
  'autotune/runs/*',
  'experience/corrections/*',
  'experience/index/*',
  'experience/traces/*',
  'packs/*',
  'production/*',
  'proposals/*',
  'scars/*',
]

const ROWS: readonly Row[] = [
  ...READ.map((p) => ['ExportTables/Policy/Resource', inExperience(p), FILES] as const),
  ['ExportTables/Policy/Resource', inExperience('audit/*'), COPIES],
  ['ExportTables/Policy/Resource', HEADS, LINES],
  ['ExportTables/Policy/Resource', inReleases('*'), RELEASED],
  ['Auditor/DefaultPolicy/Resource', inExperience('audit/*'), COPIES],
]

/** Of the tables for SQL; there are none without the context value `auditsql`. */
export function auditSqlAcknowledgements({ results }: AuditSql): Acknowledgement[] {
  const bucket = Stack.of(results).getLogicalId(results.node.defaultChild as CfnBucket)
  const answers = wildcard(`<${bucket}.Arn>/answers/*`)
  return below('Workflow/AuditSql', [...ROWS, ['Auditor/DefaultPolicy/Resource', answers, ANSWERS]])
}
