/** Controls 24 and 25 of the harness audit over a deployment: tried on copies under the rights of its auditor, and each tells its planted fault. */
import { beforeAll, expect, it } from 'vitest'
import type { DoneFacts } from '#core/done/facts.ts'
import type { Tried } from '#core/harness-audit/tried.ts'
import { keys } from '#schemas/s3-keys.ts'
import { signedByPerson } from '../../functions/cli/open.ts'
import { copiedDeployment } from '../../functions/embedded/copied-store.ts'
import { durability, idempotency } from '../../functions/steps/audit/again.ts'
import { gatherDone } from '../../functions/steps/done/gather.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { copied } from '../steps/stores.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { arnOf } from '../support/infra/security-table.ts'
import { type Journaled, ledgerOf } from '../support/journaled.ts'
import { testSigner } from '../support/workflow/deployed.ts'
import { guarded, guardedSigner } from '../support/workflow/guarded.ts'
import { ID, madeBefore, underway } from '../support/workflow/rollout-world.ts'

madeBefore()

let store: Journaled
let facts: DoneFacts
beforeAll(async () => {
  const world = await underway()
  await world.forward(1)
  store = world.store as Journaled
  facts = await gatherDone(store, testSigner, (run) => verifyRun(store, run.run_id, transcriptEngine()), null)
}, 60_000)

/** Both controls over the deployment with a fault, as its auditor. */
async function tried(plant: (at: Journaled) => Promise<unknown> = async () => {}): Promise<Tried[]> {
  const at = (await copied(store)) as Journaled
  await plant(at)
  const all = templatesOf()
  const auditor = arnOf(all, 'AWS::IAM::Role', 'Auditor')
  const seen = { ...guarded(at, all, auditor, signedByPerson), clock: { now: () => '2030-01-01T00:00:00.000Z' } }
  const signer = guardedSigner(testSigner, all, auditor, 'ReleasesSigningKey')
  const copy = () => copiedDeployment(seen, signer, 'r')
  return [await idempotency(copy, facts), await durability(copy, facts)]
}
const through = (all: readonly Tried[]): readonly string[] =>
  all.flatMap((one) => ('cannot' in one ? [one.cannot] : one.attempts.flatMap((a) => (a.stopped ? [] : [a.tried]))))

it('holds on a sound one: question, production and rollout are done again, and nothing changes', async () => {
  const all = await tried()
  expect(through(all)).toEqual([])
  expect(all.map((one) => 'attempts' in one && one.attempts.length)).toEqual([3, 3])
})

it('tells a question that the ledger forgot', async () => {
  const { intent, version } = facts.run!.run.heldout_test_set!
  const forgot = tried(async (at) => {
    const [pk, sk] = rowKeys.version(intent, version)
    const row = (await ledgerOf(at).get<object>(pk, sk))!
    await ledgerOf(at).update(pk, sk, row.revision, { ...row.body, used: 0, history: [], retired: null })
  })
  expect(through(await forgot)).toContain("the gate's question is asked again")
})

it('tells an artifact that its rollout does not give', async () => {
  const other = tried(({ releases }) =>
    releases.put(keys.promotion(ID, facts.rollout!.rollout.revision, 'artifact.json'), '{}\n'),
  )
  expect(through(await other)).toContain('a process that died before it signed')
})

it('tells a segment of production that would be written otherwise', async () => {
  const odd = tried(async (at) => {
    const row = (await Array.fromAsync(ledgerOf(at).query<{ runs: number }>(rowKeys.productions(ID)))).at(-1)!
    await ledgerOf(at).update(row.pk, row.sk, row.revision, { ...row.body, runs: row.body.runs - 1 })
  })
  expect(through(await odd)).toContain('a recording of production that died before its last segment counted')
})
