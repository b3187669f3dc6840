/** Work files of a run: read whole or refused by name, and the lock that every step must still hold. */
import type { BaselineReplay } from '#core/baseline/baseline.ts'
import type { Reproduction } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import type { ModelBudget } from '#core/model/budget.ts'
import type { ModelUsage } from '#schemas/model-usage.ts'
import type { ObjectRef, RunRef } from '#schemas/payloads.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { ProposedInRun, Replayer, RunManifest } from '#schemas/run.ts'
import { UserError } from '../errors.ts'
import type { Content, Store } from '../ports.ts'
import type { Asked } from '../steps/heldout/gate.ts'
import type { RunRequest } from '../steps/run/contract.ts'
import { readJson } from '../streams/read-object.ts'

/** A work file that must be there. Throws UserError naming it: it has expired, or another step never ran. */
export async function needJson<T>(store: Pick<Store, 'objects'>, { key, version_id }: ObjectRef): Promise<T> {
  const value = await readJson<T>(store.objects, key, version_id)
  if (value === null) throw new UserError(`${key} is missing: start the run again`)
  return value
}

/** Bytes of a work file that must be there. Throws UserError naming it. */
export async function needBytes(store: Pick<Store, 'objects'>, { key, version_id }: ObjectRef): Promise<Uint8Array> {
  const bytes = await store.objects.get(key, version_id)
  if (bytes === null) throw new UserError(`${key} is missing: start the run again`)
  return bytes
}

/** What was asked for when the run was started, who replays it, and how speaking cases are drawn (`BaselinePins`). */
export type StartedRequest = RunRequest & {
  readonly about: string
  readonly replayer: Replayer
  readonly draw?: string
  /** What proposers made, bounded. Absent: none was asked. */
  readonly proposed?: ProposedInRun
  /** What a live run may ask. Absent: no model is asked live. */
  readonly budget?: ModelBudget
}

export const requestOf = (store: Store, run: RunRef): Promise<StartedRequest> => needJson(store, run.request)

/** Writes a work file; the same step again writes the same bytes. */
export const putJson = (store: Store, key: string, value: unknown): Promise<ObjectRef> =>
  putWork(store, key, canonical(value))

/** The same for text, or for any other content. */
export const putWork = async ({ objects }: Pick<Store, 'objects'>, key: string, content: Content): Promise<ObjectRef> =>
  refOf(key, await objects.put(key, content))

/** Reference to the object that stands at a key. */
export const refTo = async ({ objects }: Pick<Store, 'objects'>, key: string): Promise<ObjectRef> =>
  refOf(key, await objects.versionOf(key))

function refOf(key: string, version_id: string | null): ObjectRef {
  if (version_id === null)
    throw new UserError(`${key} has no version: the experience bucket must be versioned, as the stack makes it`)
  return { key, version_id }
}

/** How the search set lies in the work folder. */
export interface PanelFile extends Omit<Reproduction, 'panel' | 'live'> {
  /** Cases of each shard, and its version. */
  readonly shards: readonly { readonly cases: number; readonly version_id: string }[]
  /** Draws of a live baseline, a line a case; absent: no model was asked live. */
  readonly draws?: ObjectRef
  /** What a harness answered under the baseline, piece by piece, as lines of `harness-replies.jsonl`; absent: none replays, or an older version laid it out. */
  readonly replies?: readonly ObjectRef[]
}

/** All draws of the baseline of a case, the first in front. */
export const drawsLine = (case_id: string, draws: readonly BaselineReplay[]) => ({ case_id, draws })
export type DrawsLine = ReturnType<typeof drawsLine>

/** What a gate let out; after a "yes" of a live run with what its model was asked on the sealed side, added up. */
export type Published = Asked & { readonly usage?: readonly ModelUsage[] }

/** What a run came to: its artifacts are written, and it is not finished yet. */
export interface OutcomeFile {
  readonly manifest: RunManifest
  /** What memory is to learn. */
  readonly rejections: readonly RejectionRecord[]
}
