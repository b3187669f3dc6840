/** The search of a deployed run goes on from what it kept: what was answered is read once, however often it is called. */
import { expect, it } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { publishRefund, refundTarget } from '../../functions/demo/documents.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aRoughTarget, aWorld } from '../support/builders.ts'
import { deploy } from '../support/workflow/deployed.ts'

it('reads the answers of a shard once for each candidate, and no case once it has found', async () => {
  const store = memory()
  await publishRefund(store)
  const source = async function* () {
    yield* refundRuns({ families: 600, seed: 1 })
  }
  await ingest(store, source, { by: 'hash', key: 'examples/refund', heldout_share: 0.5 })
  const read: string[] = []
  const { get, read: stream } = store.objects
  const objects: typeof store.objects = {
    ...store.objects,
    get: async (key, version) => {
      read.push(`${step} ${key}`)
      return get.call(store.objects, key, version)
    },
    read: async (key, version) => {
      read.push(`${step} ${key}`)
      return stream.call(store.objects, key, version)
    },
  }
  let step = ''
  const before = (name: string, call: number) => {
    step = `${name} ${call}`
  }
  const workflow = deploy({ ...store, objects }, { shardCases: 60, faults: { before } })
  const execution = await workflow.tune({ target: refundTarget(), run_id: 'at_kept' })
  expect(execution.error).toBeNull()

  const calls = workflow.calls.AdvanceRun!
  expect(calls).toBeGreaterThan(4)
  const ofAdvance = read.filter((line) => line.startsWith('AdvanceRun ')).map((line) => line.split(' ').slice(1))
  const answers = Map.groupBy(
    ofAdvance.filter(([, key]) => key!.includes('/answers/')),
    ([, key]) => key,
  )
  // One that had not answered yet was looked for and came; and the control, which is not kept, begins anew.
  const reads = [...answers.values()].reduce((sum, of) => sum + of.length, 0)
  expect(answers.size).toBeGreaterThan(100)
  expect(reads).toBeLessThan(1.5 * answers.size)
  const shards = ofAdvance.filter(([, key]) => key === workKeys.shard('at_kept', 0))
  expect(shards.map(([call]) => Number(call))).not.toContain(calls)
})

it('rests at a candidate when a call has worked for long, and leaves the same bytes', async () => {
  const run = async (minutes: number) => {
    const store = await stocked(memory(), aWorld({ search: 6, heldout: 30 }))
    const passes = () => workflow.clock.set(Date.parse(workflow.clock.now()) + minutes * 60_000)
    const objects: typeof store.objects = {
      ...store.objects,
      get: async (key, version) => {
        if (key.includes('/answers/')) passes()
        return store.objects.get(key, version)
      },
    }
    const workflow = deploy({ ...store, objects })
    const execution = await workflow.tune({ target: aRoughTarget(), run_id: 'at_kept' })
    expect(execution.error).toBeNull()
    const left = ['candidates.jsonl', 'replay-results.jsonl', 'gate.json', 'selected-proposal.json'] as const
    return {
      calls: workflow.calls.AdvanceRun!,
      replays: workflow.calls.ReplayShard!,
      left: await Promise.all(left.map((file) => readText(store.objects, keys.autotuneRun('at_kept', file)))),
    }
  }
  const [quick, slow] = [await run(0), await run(6)]
  expect(slow.calls).toBeGreaterThan(quick.calls)
  expect(slow.left).toEqual(quick.left)
  expect(slow.replays).toBe(quick.replays)
})
