/** A store that does only what a role may: each call is asked of the synthesized policies first. */
import type { AwsStore } from '#adapters/aws/open-store.ts'
import type {
  LedgerTable,
  Mailer,
  ObjectStore,
  ObjectVersions,
  RoutingPublisher,
  Signer,
  Store,
  WaitingTasks,
} from '#ports'
import { placeOf, type RoutingTargets } from '#schemas/routing-targets.ts'
import { signed } from '../../../functions/lambda/signed-store.ts'
import { type Ledger, unsigned } from '../../../functions/lambda/world.ts'
import { type Ask, type Policies, policiesOf } from '../infra/iam.ts'
import type { Templates } from '../infra/resolve.ts'
import { arnOf, fromFunction, viaS3 } from '../infra/security-table.ts'
import { headsSigner, isJournaled, ledgerOf } from '../journaled.ts'
import type { Versioned } from '../memory/versioned-store.ts'

const known = new WeakMap<Templates, Policies>()

function policies(templates: Templates): Policies {
  const read = known.get(templates) ?? policiesOf(templates)
  known.set(templates, read)
  return read
}

/** Asks for a role, or from a function under it. What it may not do throws AccessDenied, naming role, action and resource. */
export function needs(templates: Templates, role: string, from?: string): (ask: Ask) => void {
  return (asked) => {
    const ask = from === undefined ? asked : fromFunction(asked, from)
    if (policies(templates).may(role, ask)) return
    const message = `${role} may not ${ask.action} ${ask.resource} ${JSON.stringify(ask.context ?? {})}`
    throw Object.assign(new Error(message), { name: 'AccessDenied' })
  }
}

/** A signer under the key whose logical id starts so. */
export function guardedSigner(
  signer: Signer,
  templates: Templates,
  role: string,
  start: string,
  from?: string,
): Signer {
  const need = needs(templates, role, from)
  const resource = arnOf(templates, 'AWS::KMS::Key', start)
  return {
    key: signer.key,
    async sign(text) {
      need({ action: 'kms:GenerateMac', resource })
      return signer.sign(text)
    },
    async holds(text, mac) {
      need({ action: 'kms:VerifyMac', resource })
      return signer.holds(text, mac)
    },
  }
}

export function guardedMailer(mailer: Mailer, templates: Templates, role: string, sender: string): Mailer {
  const need = needs(templates, role)
  const resource = `arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:identity/${sender}`
  return {
    async send(notice) {
      need({ action: 'ses:SendEmail', resource, context: { 'ses:FromAddress': sender } })
      return mailer.send(notice)
    },
  }
}

export function guardedTasks(tasks: WaitingTasks, templates: Templates, role: string): WaitingTasks {
  const need = needs(templates, role)
  const resource = arnOf(templates, 'AWS::StepFunctions::StateMachine', 'ReviewWorkflow')
  return {
    async wake(token) {
      need({ action: 'states:SendTaskSuccess', resource })
      return tasks.wake(token)
    },
  }
}

/** Versions of both sides as a role may look at them and remove them; of the vault past their lock. */
export function guardedVersions(
  versions: Versioned['versions'],
  templates: Templates,
  role: string,
  from: string,
): Versioned['versions'] {
  const need = needs(templates, role, from)
  const of = (inner: ObjectVersions, start: string, isLocked: boolean): ObjectVersions => {
    const arn = arnOf(templates, 'AWS::S3::Bucket', start)
    return {
      async *list(prefix) {
        need({ action: 's3:ListBucketVersions', resource: arn })
        yield* inner.list(prefix)
      },
      async remove(key, version) {
        need({ action: 's3:DeleteObjectVersion', resource: `${arn}/${key}` })
        if (isLocked) need({ action: 's3:BypassGovernanceRetention', resource: `${arn}/${key}` })
        return inner.remove(key, version)
      },
    }
  }
  return {
    objects: of(versions.objects, 'ExperienceBucket', false),
    vault: of(versions.vault, 'VaultBucket', true),
  }
}

/** A publisher that a role may use as its environment says: each call of AppConfig is asked for. */
export function guardedRouting(
  publisher: RoutingPublisher,
  templates: Templates,
  role: string,
  places: RoutingTargets,
): RoutingPublisher {
  const need = needs(templates, role)
  const arn = (path: string) => `arn:AWS::Partition:appconfig:AWS::Region:AWS::AccountId:${path}`
  const each = (action: string, ...paths: string[]) => {
    for (const path of paths) need({ action: `appconfig:${action}`, resource: arn(path) })
  }
  return {
    async publish(routing, atOnce) {
      const { application, environment, profile } = placeOf(places, routing.intent)!
      const [app, env] = [`application/${application}`, `application/${application}/environment/${environment}`]
      const versions = `${app}/configurationprofile/${profile}`
      each('ListDeployments', app, env)
      each('StopDeployment', app, env, `${env}/deployment/1`)
      each('ListHostedConfigurationVersions', app, versions)
      each('CreateHostedConfigurationVersion', app, versions)
      const strategy = atOnce ? places.at_once : places.gradual
      each('StartDeployment', app, env, versions, `deploymentstrategy/${strategy}`)
      return publisher.publish(routing, atOnce)
    },
  }
}

/**
 * The store as a role sees it. What the role may not do throws AccessDenied, naming role, action and resource. One that has a
 * journal of heads is opened as a function opens it.
 * @param ledger how it stands to that; @default as the role may
 * @param from ARN of the function that asks; @default the role is asked for by somebody who assumed it
 */
export function guarded(
  store: Store,
  templates: Templates,
  role: string,
  ledger?: Ledger['open'],
  from?: string,
): Store {
  const need = needs(templates, role, from)
  const bucket = (objects: ObjectStore, start: string, key: string | null): ObjectStore => {
    const arn = arnOf(templates, 'AWS::S3::Bucket', start)
    const read = (name: string, version?: string) => {
      need({ action: version === undefined ? 's3:GetObject' : 's3:GetObjectVersion', resource: `${arn}/${name}` })
      // Tells "not there" from "not allowed".
      need({ action: 's3:ListBucket', resource: arn })
      if (key) need({ action: 'kms:Decrypt', resource: key, context: viaS3 })
    }
    const write = (name: string, context = {}) => {
      need({ action: 's3:PutObject', resource: `${arn}/${name}`, context })
      if (key) need({ action: 'kms:GenerateDataKey', resource: key, context: viaS3 })
    }
    return {
      async get(name, version) {
        read(name, version)
        return objects.get(name, version)
      },
      async versionOf(name) {
        read(name)
        return objects.versionOf(name)
      },
      async read(name, version) {
        read(name, version)
        return objects.read(name, version)
      },
      async readRange(name, start, length) {
        read(name)
        return objects.readRange(name, start, length)
      },
      async put(name, bytes) {
        write(name)
        return objects.put(name, bytes)
      },
      async putIfAbsent(name, bytes) {
        write(name, { 's3:if-none-match': '*' })
        return objects.putIfAbsent(name, bytes)
      },
      async delete(name) {
        need({ action: 's3:DeleteObject', resource: `${arn}/${name}` })
        return objects.delete(name)
      },
      async *list(prefix) {
        need({ action: 's3:ListBucket', resource: arn })
        yield* objects.list(prefix)
      },
    }
  }
  const tableArn = arnOf(templates, 'AWS::DynamoDB::Table', 'LedgerTable')
  const item = (action: string, pk: string) =>
    need({ action: `dynamodb:${action}`, resource: tableArn, context: { 'dynamodb:LeadingKeys': pk } })
  const items = ledgerOf(store)
  const table: LedgerTable = {
    async get(pk, sk) {
      item('GetItem', pk)
      return items.get(pk, sk)
    },
    async create(pk, sk, body) {
      item('PutItem', pk)
      return items.create(pk, sk, body)
    },
    async createAll(pk, rows) {
      item('PutItem', pk)
      return items.createAll(pk, rows)
    },
    async update(pk, sk, revision, body) {
      item('UpdateItem', pk)
      return items.update(pk, sk, revision, body)
    },
    async spend(pk, sk, revision, body, what) {
      item('UpdateItem', pk)
      return items.spend(pk, sk, revision, body, what)
    },
    async remove(pk, sk, revision) {
      item('DeleteItem', pk)
      return items.remove(pk, sk, revision)
    },
    async *query(pk, prefix) {
      item('Query', pk)
      yield* items.query(pk, prefix)
    },
  }
  const { heads: _, ...rest } = store
  const seen: AwsStore = {
    ...rest,
    objects: bucket(store.objects, 'ExperienceBucket', null),
    vault: bucket(store.vault, 'VaultBucket', arnOf(templates, 'AWS::KMS::Key', 'VaultKey')),
    releases: bucket(store.releases, 'ReleasesBucket', null),
    table,
    rolesApart: true,
    signing: null,
    close: () => {},
  }
  if (!isJournaled(store)) return seen
  const key = arnOf(templates, 'AWS::KMS::Key', 'HeadsKey')
  const signing = {
    objects: bucket(store.lines, 'HeadsBucket', null),
    signer: guardedSigner(headsSigner, templates, role, 'HeadsKey', from),
  }
  const may = policies(templates).may(role, { action: 'kms:GenerateMac', resource: key })
  return (ledger ?? (may ? signed : unsigned).open)({ ...seen, signing })
}
