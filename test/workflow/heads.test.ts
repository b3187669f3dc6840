/** The journal of heads of a deployment: many functions that add to it at once, who may, and what is refused because of it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { s3Store } from '#adapters/aws/s3-store.ts'
import { digestOf } from '#core/canonical.ts'
import type { LedgerTable } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { signedByPerson } from '../../functions/cli/open.ts'
import { headsOf } from '../../functions/steps/heads/journal.ts'
import { verifyWholeStore } from '../../functions/steps/release/verify-store.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { memoryBucket } from '../adapters/aws/memory-bucket.ts'
import { approve, certified } from '../steps/release/support.ts'
import { copied, memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { arnOf } from '../support/infra/security-table.ts'
import { headsSigner, type Journaled, journaled, ledgerOf } from '../support/journaled.ts'
import { deploy, testSigner } from '../support/workflow/deployed.ts'
import { guarded } from '../support/workflow/guarded.ts'
import { locks, RUN } from '../support/workflow/twin.ts'

const HOUR = 3600
const world = aWorld({ search: 6, heldout: 100 })

/** Items of sealed versions as they lie. */
const versionRows = (store: Journaled) => Array.fromAsync(ledgerOf(store).query<object>(rowKeys.versions(INTENT)))

/** What an auditor finds wrong with a deployment, under the rights of the role. */
async function found(store: Journaled): Promise<string[]> {
  const all = templatesOf()
  const seen = guarded(store, all, arnOf(all, 'AWS::IAM::Role', 'Auditor'), signedByPerson)
  const { problems } = (await verifyWholeStore(seen, testSigner))!
  return problems.map(({ what, why }) => `${what} ${why}`)
}

it('takes the lines of twenty functions that add at once, in one chain and with none lost', async () => {
  const { client } = memoryBucket('heads')
  const journals = Array.from({ length: 20 }, () =>
    // A journal each, as every function has its own: they know of each other by the bucket alone.
    headsOf(
      s3Store({ client, bucket: 'heads' }),
      () => headsSigner,
      memory().clock,
      async () => [],
    ),
  )
  const digests = journals.map((_, i) => [1, 2, 3].map((n) => digestOf(`${i} ${n}`)))
  await Promise.all(
    journals.map(async (journal, i) => {
      for (const digest of digests[i]!) await journal.append({ kind: 'import', digest })
    }),
  )
  const { lines, problem } = await journals[0]!.read()
  expect(problem).toBeNull()
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 61 }, (_, i) => i + 1))
  expect(lines[0]!.head).toEqual({ kind: 'begun', version: 2, found: [] })
  const said = lines.slice(1).map(({ head }) => (head as { digest: string }).digest)
  expect(said.toSorted()).toEqual(digests.flat().sort())
  for (const own of digests) expect(said.filter((d) => own.includes(d))).toEqual(own)
})

it('gives up with a reason when a line can never be written', async () => {
  const lines = { ...journaled(memory()).lines, putIfAbsent: async () => false }
  const journal = headsOf(
    lines,
    () => headsSigner,
    memory().clock,
    async () => [],
  )
  await expect(journal.begin()).rejects.toThrow('others appended to it 100 times in a row')
}, 60_000)

describe('a deployment with a journal', () => {
  let base: Journaled
  beforeAll(async () => {
    base = (await stocked(journaled(memory()), world)) as Journaled
  })
  const fresh = async () => (await copied(base)) as Journaled
  const tune = (store: Journaled, ...[faults]: [Parameters<typeof deploy>[1]?]) =>
    deploy(store, faults).tune({ target: aTarget(), run_id: RUN })

  it('is what its journal says after import, run, review and rollout, as the auditor sees it', async () => {
    const store = (await certified(journaled({ ...memory(), rolesApart: true }))) as Journaled
    expect(await found(store)).toEqual([])
    await approve(store, 'r')
    const deployed = deploy(store)
    deployed.rollout({ run_id: 'r' })
    await deployed.clock.idle()
    await deployed.clock.pass(HOUR)
    expect(await found(store)).toEqual([])
    const { lines } = await store.heads.journal.read()
    expect(new Set(lines.map(({ head }) => head.kind))).toEqual(
      new Set(['begun', 'document', 'item', 'import', 'run', 'promotion']),
    )
    await store.releases.delete(keys.promotion('ro_r', 0, 'artifact.json'))
    expect(await found(store)).toContain('promotion record ro_r 0 is missing')
  }, 120_000)

  it('finishes no run that says "certified" while the ledger has no yes', async () => {
    const no = aWorld({ search: 6, heldout: 100, extra: [{ side: 'heldout', required: 3 }] })
    const { heads, ...store } = (await stocked(journaled(memory()), no)) as Journaled
    const { objects } = store
    const forged: typeof objects = {
      ...objects,
      async put(key, bytes) {
        if (key !== workKeys.outcome(RUN)) return objects.put(key, bytes)
        const outcome = JSON.parse(String(bytes))
        const { digest: _, ...manifest } = { ...outcome.manifest, verdict: 'certified' }
        const left = { ...outcome, verdict: 'certified', manifest: { ...manifest, digest: digestOf(manifest) } }
        return objects.put(key, JSON.stringify(left))
      },
    }
    const failed = await tune(journaled({ ...store, objects: forged, table: heads.items }, store.lines))
    expect(failed.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining('has no yes') })
    expect(failed.entered.at(-1)).toBe('Finish Run')
    expect(await objects.get(keys.autotuneRun(RUN, 'manifest.json'))).toBeNull()
    expect((await heads.journal.read()).lines.map(({ head }) => head.kind)).not.toContain('run')
    expect(await locks(store)).toBe(0)
  })

  it.each([
    [
      'the ledger of an asked version is edited',
      async (store: Journaled) => {
        const items = ledgerOf(store)
        const [row] = await versionRows(store)
        await items.update(row!.pk, row!.sk, row!.revision, { ...row!.body, used: 0, history: [], retired: null })
      },
      /question ledger of .* was changed: its code does not hold/,
    ],
    [
      'it is removed',
      async (store: Journaled) => {
        const items = ledgerOf(store)
        const [row] = await versionRows(store)
        await items.remove(row!.pk, row!.sk, row!.revision)
      },
      /is missing: it was removed/,
    ],
  ])('writes nothing over an item when %s', async (_, attack, says) => {
    const store = await fresh()
    expect((await tune(store)).error).toBeNull()
    await attack(store)
    const attacked = await versionRows(store)
    const again = await deploy(store).tune({ target: { ...aTarget(), owner: 'other' }, run_id: 'at_again' })
    expect(again.error).toMatchObject({ error: expect.stringMatching(/^(UserError|SealedFailure|States.TaskFailed)$/) })
    expect(await versionRows(store)).toEqual(attacked)
    expect(await locks(store)).toBe(0)
    expect((await found(store)).join('\n')).toMatch(says)
  })

  it.each<[what: string, attack: (items: LedgerTable, pk: string, sk: string) => Promise<unknown>, says: RegExp]>([
    [
      'a rejection is put in, so that a change is not proposed',
      (items) => items.create(rowKeys.rejections(INTENT), 'b#s#rj_put', { record: {}, lift: null }),
      /rejection of .* is not in the journal/,
    ],
    [
      'the year is given back',
      (items, pk, sk) => items.update(pk, sk, 0, { declared: [], charged: [] }),
      /error budget of the year was changed/,
    ],
    ['the year is removed', (items, pk, sk) => items.remove(pk, sk, 0), /error budget of the year is missing/],
  ])('searches nothing when %s', async (_, attack, says) => {
    const store = await fresh()
    const [pk, sk] = rowKeys.yearBudget()
    await store.table.create(pk, sk, { declared: [], charged: [] })
    await attack(ledgerOf(store), pk, sk)
    const refused = await tune(store)
    expect(refused.error).toMatchObject({ error: 'UserError', cause: expect.stringMatching(says) })
    expect(refused.entered.at(-1)).toBe('Seal Held-Out Set')
    expect(await versionRows(store)).toEqual([])
    expect(await locks(store)).toBe(0)
  })

  it('refuses to decide before its journal has begun, and says what begins it', async () => {
    const bare = memory()
    const store = journaled(await stocked(bare, world))
    const failed = await tune(store)
    expect(failed.error!.cause).toMatch('the journal of heads of this deployment has not begun: "autotune import')
    expect(await locks(store)).toBe(0)
    const role = arnOf(templatesOf(), 'AWS::IAM::Role', 'VaultIngest')
    await guarded(store, templatesOf(), role, signedByPerson).heads!.journal.begin()
    expect((await tune(store)).error).toBeNull()
    expect(await found(store)).toEqual([])
  })

  it('opens no review on a run that was changed', async () => {
    const store = (await certified(journaled(memory()))) as Journaled
    const key = keys.autotuneRun('r', 'manifest.json')
    const text = String(Buffer.from((await store.objects.get(key))!))
    await store.objects.put(key, text.replace('"certified"', '"not_certified"'))
    const refused = await deploy(store).review({ run_id: 'r' }).ended
    expect(refused.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining('run r was changed') })
  })
})

it('lets a function that decides nothing read items without their codes, and write none', async () => {
  const all = templatesOf()
  const store = (await stocked(journaled(memory()), world)) as Journaled
  const { table, heads } = guarded(store, all, arnOf(all, 'AWS::IAM::Role', 'AutotuneFunctionsAdvanceRun'))
  expect(heads).toBeUndefined()
  expect((await deploy(store).tune({ target: aTarget(), run_id: RUN })).error).toBeNull()
  const [row] = await Array.fromAsync(table.query<object>(rowKeys.versions(INTENT)))
  expect(row!.body).not.toHaveProperty('head_code')
  await expect(table.update(row!.pk, row!.sk, row!.revision, row!.body)).rejects.toThrow('under the journal of heads')
})
