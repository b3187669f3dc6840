/** The deployed store as the command line works on it: under the caller's own rights, or, for an import, under the ingest role. */
import { tmpdir } from 'node:os'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import type { Progress, Store, Workflows } from '../../ports.ts'
import { fileScratch } from '../local/files/file-scratch.ts'
import { type Deployment, type DeploymentName, findDeployment } from './deployment.ts'
import { type Credentials, openAwsStore } from './open-store.ts'
import { stepFunctions } from './step-functions.ts'

export interface DeployedStore extends Store {
  readonly deployment: Deployment
  readonly workflows: Workflows
  /** Full name of an object, for people. */
  nameOf(key: string): string
  close(): void
}

/** Who works on the store. */
export type Actor = 'caller' | 'ingest'

/** Opens the store of a deployment. The caller has no vault: not even an administrator reads it. */
export async function openDeployed(name: DeploymentName, actor: Actor, progress: Progress): Promise<DeployedStore> {
  const deployment = await findDeployment(name)
  const { bucket, table, vault } = deployment
  const store = openAwsStore(
    { bucket, vault: actor === 'ingest' ? vault : null, releases: null, table },
    { progress, ...(actor === 'ingest' ? { credentials: assumed(deployment.ingestRole) } : {}) },
  )
  const workflows = stepFunctions(deployment)
  return {
    ...store,
    // Not a Lambda function's memory: this machine has a disk.
    scratch: () => fileScratch(tmpdir()),
    deployment,
    workflows,
    nameOf: (key) => `s3://${bucket}/${key}`,
    close() {
      store.close()
      workflows.close()
    },
  }
}

/** Credentials of a role for an hour; the SDK asks again before they end. */
function assumed(role: string): Credentials {
  const sts = new STSClient({})
  return async () => {
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: `autotune-import-${process.pid}` }),
    )
    return {
      accessKeyId: given!.AccessKeyId!,
      secretAccessKey: given!.SecretAccessKey!,
      sessionToken: given!.SessionToken!,
      expiration: given!.Expiration!,
    }
  }
}
