/** Findings of the security rules that stand, each with the construct it belongs to and the reason. */

import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

export interface Acknowledgement {
  /** Path of the construct below the app, as `aws:cdk:path` shows it. */
  readonly path: string
  readonly id: string
  readonly reason: string
}

const WHOLE_STORE =
  'object keys hold run ids and digests that do not exist at synthesis; the bucket policy names who may, and test/infra proves who may not'

export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    path: 'AutotuneData/Vault/Ingest/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<VaultBucket0925C477.Arn>/experience/*]',
    reason: WHOLE_STORE,
  },
  {
    path: 'AutotuneData/Vault/Sealer/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<VaultBucket0925C477.Arn>/*]',
    reason: WHOLE_STORE,
  },
  {
    path: 'AutotuneData/Vault/Gate/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<VaultBucket0925C477.Arn>/*]',
    reason: WHOLE_STORE,
  },
  {
    path: 'AutotuneData/Releases/Releaser/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<ReleasesBucketEA8ED4CA.Arn>/*]',
    reason: WHOLE_STORE,
  },
]

/** Puts every acknowledgement on its construct. Throws when a path names none: a rename must not hide a finding. */
export function acknowledge(app: IConstruct, table: readonly Acknowledgement[] = ACKNOWLEDGEMENTS): void {
  for (const { path, id, reason } of table) {
    let construct: IConstruct | undefined = app
    for (const name of path.split('/')) construct = construct?.node.tryFindChild(name)
    if (!construct) throw new RangeError(`acknowledgement ${id}: there is no construct ${path}`)
    Validations.of(construct).acknowledge({ id, reason })
  }
}
