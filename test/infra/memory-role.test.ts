/** A rejection lifted under the role that the templates give it: the rows of a folder, and no right that it can do without. */
import { beforeAll, describe, expect, it } from 'vitest'
import { rejection } from '#core/gate/rejections.ts'
import type { Store } from '#ports'
import { signedByPerson } from '../../functions/cli/open.ts'
import { allRemembered, forget } from '../../functions/steps/run/forget.ts'
import { writeRejections } from '../../functions/steps/run/memory.ts'
import { pinnedRun } from '../../functions/steps/run/verify.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { memory, rows, run, stocked, twin } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { arnOf } from '../support/infra/security-table.ts'
import { type Journaled, journaled } from '../support/journaled.ts'
import { guarded } from '../support/workflow/guarded.ts'

const SAID = { person: 'fay@acme', reason: 'archived now' }
let templates: Templates
let role: string
let stored: Store
let id: string
beforeAll(async () => {
  templates = templatesOf()
  role = arnOf(templates, 'AWS::IAM::Role', 'Memory')
  stored = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 100 }))
  await run(stored, { target: aTarget(), runId: 'r' })
  const pinned = (await pinnedRun(stored, 'r'))!
  const refused = rejection(pinned, {
    patches: [{ 'evidence.orders.top_k': { from: 4, to: 1 } }],
    source: 'reviewer',
    reason: 'hides orders',
    under: { metric: pinned.target.metric!, direction: pinned.target.direction! },
  })
  await writeRejections(stored, [refused])
  id = refused.rejection_id
}, 120_000)

const fresh = async () => (await twin(stored)) as Journaled
const opened = (store: Store, all = templates) => guarded(store, all, role, signedByPerson)
const lifted = async (store: Store) =>
  (await allRemembered(store)).find(({ record }) => record.rejection_id === id)!.lift

describe('the role of memory', () => {
  it('lifts a rejection as a folder does, once', async () => {
    const [there, here] = [await fresh(), await fresh()]
    await forget(opened(there), id, SAID)
    await forget(here, id, SAID)
    expect(await lifted(there)).toMatchObject(SAID)
    const memoryOf = async (store: Store) =>
      Object.entries(await rows(store)).filter(([key]) => key.startsWith(rowKeys.rejections(INTENT)))
    const withoutTime = (found: unknown) => JSON.stringify(found).replace(/"at":"[^"]*"/g, '')
    expect(withoutTime(await memoryOf(there))).toBe(withoutTime(await memoryOf(here)))
    await expect(forget(opened(there), id, SAID)).rejects.toThrow('was lifted by fay@acme')
  })

  it('refuses over memory that somebody else wrote in', async () => {
    const store = await fresh()
    await store.heads.items.create(...rowKeys.rejection(INTENT, 'x', 'sha256:00'), { lifts: 'sha256:00' })
    await expect(forget(opened(store), id, SAID)).rejects.toThrow(/journal|rejection/)
    expect(await lifted(store)).toBeNull()
  })

  it('has no right that it can do without', async () => {
    const needless: string[] = []
    for (const [s, statement] of policyOf(templates).entries())
      for (const field of ['Action', 'Resource'] as const)
        for (const at of [statement[field]].flat().keys()) {
          const less = structuredClone(templates) as Templates
          const changed = policyOf(less)[s]!
          changed[field] = [changed[field]].flat().toSpliced(at, 1)
          const store = await fresh()
          const done = await forget(opened(store, less), id, SAID).catch(() => null)
          if (done !== null) needless.push(JSON.stringify([statement[field]].flat()[at]))
        }
    expect(needless).toEqual([])
  })
})

function policyOf(all: Templates) {
  const [, found] = Object.entries(all.AutotuneData!.Resources!).find(
    ([name, r]) => r.Type === 'AWS::IAM::Policy' && name.startsWith('Memory'),
  )!
  return (found.Properties!.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement
}
