/** A store that does only what a role may: each call is asked of the synthesized policies first. */
import type { LedgerTable, ObjectStore } from '#ports'
import type { Store } from '../../../functions/steps/store.ts'
import { type Ask, policiesOf } from '../infra/iam.ts'
import type { Templates } from '../infra/resolve.ts'
import { arnOf } from '../infra/security-table.ts'

/** The store as a role sees it. What the role may not do throws AccessDenied, naming role, action and resource. */
export function guarded(store: Store, templates: Templates, role: string): Store {
  const policies = policiesOf(templates)
  const need = (ask: Ask): void => {
    if (policies.may(role, ask)) return
    const message = `${role} may not ${ask.action} ${ask.resource} ${JSON.stringify(ask.context ?? {})}`
    throw Object.assign(new Error(message), { name: 'AccessDenied' })
  }
  const bucket = (objects: ObjectStore, start: string, key: string | null): ObjectStore => {
    const arn = arnOf(templates, 'AWS::S3::Bucket', start)
    const read = (name: string, version?: string) => {
      need({ action: version === undefined ? 's3:GetObject' : 's3:GetObjectVersion', resource: `${arn}/${name}` })
      // Tells "not there" from "not allowed".
      need({ action: 's3:ListBucket', resource: arn })
      if (key) need({ action: 'kms:Decrypt', resource: key })
    }
    const write = (name: string) => {
      need({ action: 's3:PutObject', resource: `${arn}/${name}` })
      if (key) need({ action: 'kms:GenerateDataKey', resource: key })
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
      async read(name) {
        read(name)
        return objects.read(name)
      },
      async put(name, bytes) {
        write(name)
        return objects.put(name, bytes)
      },
      async putIfAbsent(name, bytes) {
        write(name)
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
  const table = arnOf(templates, 'AWS::DynamoDB::Table', 'LedgerTable')
  const item = (action: string, pk: string) =>
    need({ action: `dynamodb:${action}`, resource: table, context: { 'dynamodb:LeadingKeys': pk } })
  const ledger: LedgerTable = {
    async get(pk, sk) {
      item('GetItem', pk)
      return store.table.get(pk, sk)
    },
    async create(pk, sk, body) {
      item('PutItem', pk)
      return store.table.create(pk, sk, body)
    },
    async update(pk, sk, revision, body) {
      item('UpdateItem', pk)
      return store.table.update(pk, sk, revision, body)
    },
    async remove(pk, sk, revision) {
      item('DeleteItem', pk)
      return store.table.remove(pk, sk, revision)
    },
    async *query(pk, prefix) {
      item('Query', pk)
      yield* store.table.query(pk, prefix)
    },
  }
  return {
    ...store,
    objects: bucket(store.objects, 'ExperienceBucket', null),
    vault: bucket(store.vault, 'VaultBucket', arnOf(templates, 'AWS::KMS::Key', 'VaultKey')),
    table: ledger,
  }
}
