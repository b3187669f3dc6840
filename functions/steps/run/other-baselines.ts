/** Rejections under another baseline or suite than what is asked now: they forbid nothing, and people are told of them. */
import { digestOf } from '#core/canonical.ts'
import { type AskedUnder, baselineDifference, valuesOf } from '#core/gate/baseline-difference.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { Patch } from '#schemas/common.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { remembered } from './memory.ts'

type Read = Pick<Store, 'table' | 'objects'>

/** Rejections of an intent that hold elsewhere alone. The "no" of a sealed set to a list rejects none of it alone. */
async function ofOtherBaselines(store: Read, now: AskedUnder): Promise<RejectionRecord[]> {
  const [suite, baseline] = [digestOf(now.evaluator_suite), baselineDigest(now)]
  return (await remembered(store, now.target.intent!))
    .filter(({ record, lift }) => lift === null && record.source !== 'gate')
    .map(({ record }) => record)
    .filter((record) => record.suite !== suite || record.baseline !== baseline)
}

/** The gravest first. */
const GRAVITY: readonly RejectionRecord['source'][] = ['rollback', 'reviewer', 'search_guardrail']

/** What was said of the same values under another baseline, a sentence a patch; null: nothing. */
export async function saidElsewhere(
  store: Read,
  now: AskedUnder,
  patches: readonly Patch[],
): Promise<(string | null)[]> {
  if (patches.length === 0) return []
  const records = (await ofOtherBaselines(store, now)).sort(
    (a, b) => GRAVITY.indexOf(a.source) - GRAVITY.indexOf(b.source),
  )
  const first = new Map<string, { readonly record: RejectionRecord; readonly said: string }>()
  for (const record of records)
    for (const [i, patch] of record.patches.entries()) {
      const values = valuesOf(patch)
      if (!first.has(values)) first.set(values, { record, said: record.reasons?.[i] ?? record.reason })
    }
  return await Promise.all(
    patches.map(async (patch) => {
      const found = first.get(valuesOf(patch))
      if (!found) return null
      const { source, run_id } = found.record
      return `${source} rejected the same values in ${run_id} under another baseline (${await differs(store, run_id, now)}), which forbids nothing here: ${found.said}`
    }),
  )
}

/** How many rejections hold under another baseline alone, in a line; null: none. */
export async function elsewhereLine(store: Read, now: AskedUnder): Promise<string | null> {
  const records = await ofOtherBaselines(store, now)
  const last = records.at(-1)
  if (!last) return null
  const n = records.length === 1 ? '1 rejection was' : `${records.length} rejections were`
  return `${n} made under another baseline and ${records.length === 1 ? 'forbids' : 'forbid'} nothing here; of ${last.run_id}: ${await differs(store, last.run_id, now)}`
}

async function differs({ objects }: Pick<Store, 'objects'>, runId: string, now: AskedUnder): Promise<string> {
  const then = await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(runId, 'target.json')))
  if (then === null) return 'what differs is not known: its run is gone'
  return `other: ${baselineDifference(then, now) || 'nothing that its run tells'}`
}
