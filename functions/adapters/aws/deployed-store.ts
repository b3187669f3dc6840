/**
 * The deployed store as the command line works on it: under the caller's own rights, for an import under the ingest role, for
 * a verification under that of the auditor, for lifting a rejection under that of memory, for signatures of people under that
 * of the attestor.
 */
import { KMSClient } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { UserError } from '../../errors.ts'
import type { Progress, Signer, Workflows } from '../../ports.ts'
import { type Deployment, type DeploymentName, findDeployment } from './deployment.ts'
import { kmsMac } from './kms-mac.ts'
import { type AwsStore, type Credentials, openAwsStore } from './open-store.ts'
import { stepFunctions } from './step-functions.ts'

export interface DeployedStore extends AwsStore {
  /** Checks rollout artifacts; null: for whom that is not. */
  readonly releaseSigner: Signer | null
  readonly deployment: Deployment
  readonly workflows: Workflows
  /** Full name of an object, for people. */
  nameOf(key: string): string
}

/** Who works on the store. */
export type Actor = 'caller' | 'ingest' | 'auditor' | 'memory' | 'attestor'

/** Opens the store of a deployment, its ledger as it lies there. Only ingest has the vault: not even an administrator reads it. */
export async function openDeployed(name: DeploymentName, actor: Actor, progress: Progress): Promise<DeployedStore> {
  const deployment = await findDeployment(name)
  const { bucket, table, vault, journal } = deployment
  const role = {
    caller: null,
    ingest: deployment.ingestRole,
    auditor: journal?.auditorRole ?? null,
    memory: journal?.memoryRole ?? null,
    attestor: journal?.attestorRole ?? null,
  }[actor]
  if (actor !== 'caller' && (journal === null || role === null))
    throw new UserError(
      `deployment ${deployment.stack} ${journal === null ? 'keeps no journal of heads' : LACKS[actor]}: deploy it again with this version ("npx cdk deploy --all")`,
    )
  const checks = actor === 'auditor' || actor === 'attestor'
  const rights = role ? { credentials: assumed(role, actor) } : {}
  const kms = new KMSClient(rights)
  const store = openAwsStore(
    {
      bucket,
      vault: actor === 'ingest' ? vault : null,
      releases: checks ? journal!.releases : null,
      table,
      heads:
        actor === 'caller' ? null : { bucket: journal!.bucket, signer: kmsMac({ client: kms, key: journal!.key }) },
    },
    { progress, ...rights },
  )
  const workflows = stepFunctions(deployment)
  return {
    ...store,
    deployment,
    releaseSigner: checks ? kmsMac({ client: kms, key: journal!.releaseKey }) : null,
    workflows,
    nameOf: (key) => `s3://${bucket}/${key}`,
    close() {
      store.close()
      kms.destroy()
      workflows.close()
    },
  }
}

/** What a deployment of an earlier version has no role for. */
const LACKS = {
  ingest: 'has no role that imports',
  auditor: 'has no role that verifies',
  memory: 'has no role that lifts rejections',
  attestor: 'has no role that adds attestations',
} as const

/** What a session does, as the trail of the account names it. */
const SESSIONS = { caller: 'call', ingest: 'import', auditor: 'verify', memory: 'forget', attestor: 'attest' } as const

/** Credentials of a role for an hour; the SDK asks again before they end. */
function assumed(role: string, actor: Actor): Credentials {
  const sts = new STSClient({})
  return async () => {
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: `autotune-${SESSIONS[actor]}-${process.pid}` }),
    )
    return {
      accessKeyId: given!.AccessKeyId!,
      secretAccessKey: given!.SecretAccessKey!,
      sessionToken: given!.SessionToken!,
      expiration: given!.Expiration!,
    }
  }
}
