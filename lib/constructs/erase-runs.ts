/** The function that erases recorded runs. A person calls it; what it reaches, nobody reaches with its role elsewhere. */
import { Duration } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { mayRead, mayWrite } from './rights.ts'
import { RuntimeFunction } from './runtime-function.ts'
import type { Stores } from './workflow-rights.ts'

/** What goes whole where it holds a recorded run. */
const GOES = ['autotune/work/*', 'goldens/*', 'model-cache/*', 'scars/*']
/** What is written anew without one. */
const REWRITTEN = [
  'autotune/runs/*',
  'cadence/rows/*',
  'cadence/weekly/*',
  'experience/*',
  'inbox/changes/*',
  'ingest/*',
  'reviews/*',
]
/** Key patterns of the experience bucket from which it erases. */
export const ERASED_FROM = [...GOES, ...REWRITTEN]

/** Makes it in a scope. */
export function eraseRuns(scope: Construct, { experience, ledger, vault, journal }: Stores): RuntimeFunction {
  const { bucket } = experience
  const made = new RuntimeFunction(scope, 'EraseRuns', {
    handler: 'erase-runs',
    memory: 3008,
    timeout: Duration.minutes(15),
    environment: {
      [ENV.bucket]: bucket.bucketName,
      [ENV.vault]: vault.bucket.bucketName,
      [ENV.table]: ledger.table.tableName,
    },
    failure: 'called by a person, who reads how it ended',
    statements: [],
    journal,
    sealed: true,
    role: vault.eraser,
  })
  vault.openTo(scope, 'Eraser', vault.eraser, [made], {
    Versions: vault.mayErase(),
    Rights: [
      ...mayRead(bucket, ...ERASED_FROM, 'packs/*'),
      ledger.mayCheck(),
      ledger.mayRead('import'),
      ledger.mayWrite('heldout', 'rejection', 'import'),
    ],
    Rewrites: [
      mayWrite(bucket, ...REWRITTEN),
      new PolicyStatement({
        actions: ['s3:GetObjectVersion', 's3:DeleteObject', 's3:DeleteObjectVersion'],
        resources: ERASED_FROM.map((pattern) => bucket.arnForObjects(pattern)),
      }),
      new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn] }),
    ],
    Heads: journal.mayAppend(vault.eraser),
  })
  return made
}
