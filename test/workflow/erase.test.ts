/** `erase` of a deployment: nothing of a run stays in any version, on either side; the store verifies, and the next run goes on. */
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import { verifyWholeStore } from '../../functions/steps/release/verify-store.ts'
import { erasuresOf } from '../../functions/steps/store/erasures.ts'
import { aMarkedWorld, familyOf, idOf, markOf, SAID } from '../steps/erase/support.ts'
import { signer } from '../steps/release/support.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aTarget } from '../support/builders.ts'
import { journaled } from '../support/journaled.ts'
import { versionedStore } from '../support/memory/versioned-store.ts'
import { deploy, type Faults } from '../support/workflow/deployed.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

/** A deployment that a run has certified on, with all versions that its buckets keep. */
async function deployment(layout: 'files' | 'segments', faults: Faults = {}) {
  const [open, sealed] = [versionedStore(), versionedStore()]
  const base = { ...memory(), objects: open.objects, vault: sealed.objects, rolesApart: true as const }
  const store = { ...journaled(base), versions: { objects: open.versions, vault: sealed.versions } }
  await store.heads.journal.begin()
  await stocked(store, aMarkedWorld({ search: 6, heldout: 100 }), { layout })
  const workflow = deploy(store, { faults })
  const tuned = await workflow.tune({ target: aTarget(), run_id: 'first' })
  expect(tuned.error).toBeNull()
  const found = (name: string) =>
    [...open.all(), ...sealed.all()]
      .filter(([key, bytes]) => {
        const text = key.endsWith('.zst') && bytes.length > 0 ? zstdDecompressSync(bytes) : Buffer.from(bytes)
        return key.includes(markOf(name)) || text.includes(markOf(name))
      })
      .map(([key]) => key)
  return { store, workflow, found, verdict: (tuned.output as { verdict: string }).verdict }
}

const asked = (names: readonly string[], yes = true) => ({ wanted: { runs: names.map(idOf) }, ...SAID, yes })

describe.each(['segments', 'files'] as const)('of runs in %s', (layout) => {
  it('leaves nothing of a run of either side in any version, and the store verifies', async () => {
    const { store, workflow, found, verdict } = await deployment(layout)
    expect(verdict).toBe('certified')
    expect([found('s0').length, found('h0').length].every((n) => n > 3)).toBe(true)
    // What was replaced, and what was removed before, lies in versions that nobody lists.
    for (const text of [`{"case_id":"${idOf('s0')}"}`, '{}'])
      await store.objects.put('reviews/r1/evidence-0.json', text)
    for (const side of [store.objects, store.vault]) await side.put(`${keys.run(null, idOf('h0'))}trace.json`, 'x')
    for (const side of [store.objects, store.vault]) await side.delete(`${keys.run(null, idOf('h0'))}trace.json`)
    const before = found('h1').length
    const plan = await workflow.call('EraseRuns', asked(['s0', 'h0'], false))
    expect(plan).toMatchObject({ erased: false, runs: 2, families: 2, past_runs: ['first'] })
    expect(found('h1')).toHaveLength(before)
    expect(await workflow.call('EraseRuns', asked(['s0', 'h0']))).toEqual({ ...(plan as object), erased: true })
    expect([found('s0'), found('h0')]).toEqual([[], []])
    expect(found('h1').length).toBeGreaterThan(0)
    expect((await verifyWholeStore(store, signer))!.problems).toEqual([])
    expect((await erasuresOf(store)).count).toBe(2)
    const more = { wanted: { family: familyOf('s1') }, ...SAID, yes: true }
    expect(await workflow.call('EraseRuns', more)).toMatchObject({ runs: 1 })
    expect(await workflow.call('EraseRuns', asked(['s0', 'h0']))).toMatchObject({ runs: 0, erased_before: [{}, {}] })
    // Nobody misses what is gone.
    const next = await workflow.tune({ target: aTarget(), run_id: 'second' })
    expect([next.error, found('s1')]).toEqual([null, []])
  })
})

it('is ended by the same call wherever it was killed', async () => {
  let left = Number.POSITIVE_INFINITY
  const write = (name: string) => {
    if (name === 'EraseRuns' && left-- === 0) throw new WorkflowError('Lambda.Unknown', 'killed')
  }
  const { store, workflow, found } = await deployment('segments', { write })
  let kills = 0
  for (let isDone = false; !isDone; kills++) {
    left = kills + 1
    isDone = await workflow.call('EraseRuns', asked(['s0', 'h0'])).then(
      () => true,
      () => false,
    )
  }
  expect(kills).toBeGreaterThan(4)
  expect([found('s0'), found('h0')]).toEqual([[], []])
  expect((await verifyWholeStore(store, signer))!.problems).toEqual([])
})
