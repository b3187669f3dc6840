/** What of a proposal can be attested, as the store has it now: each with the statement that its bytes make. */

import {
  decisionStatement,
  gateStatement,
  promotionStatement,
  type Resource,
  type Statement,
  type Verified,
  verificationStatement,
} from '#core/attest/statements.ts'
import { digestOf } from '#core/canonical.ts'
import type { Attested } from '#schemas/envelope.ts'
import type { GateAnswer } from '#schemas/heldout.ts'
import { isPartId } from '#schemas/patterns.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { type AutotuneFile, keys, PROMOTION_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson } from '../../streams/read-object.ts'
import { readRollout, rolloutId } from '../release/rollouts.ts'
import { readPart } from '../review/part-proposals.ts'
import { readReview, reviewId } from '../review/reviews.ts'

interface Attestable {
  readonly kind: Attested
  /** Under which it is kept: one segment of a key. */
  readonly name: string
  /** The statement; a verification also says when and how it was made. Null: it was never made. */
  readonly statement: (verified: Verified | null) => Statement | null
}

/** Under which the attestation of a decision is kept. `n`: number of its review; `i`: its place there, from 0. */
export const decisionName = (n: number, i: number): string => `decision-${n}-${i + 1}`

/**
 * All of it, in the order in which it came to be. `runId`: a certified run, or a filed proposal, which has no gate.
 *
 * @throws UserError where nothing is proposed under this id
 */
export async function attestables(store: Store, runId: string): Promise<Attestable[]> {
  const proposal = isPartId(runId) ? await partResource(store, runId) : await certifiedOf(store, runId)
  const decisions: Attestable[] = []
  for (let n = 1; ; n++) {
    const item = await readReview(store, reviewId(runId, n))
    if (!item) break
    item.review.decisions.forEach((decision, i) => {
      const name = decisionName(n, i)
      decisions.push({ kind: 'review_decision', name, statement: () => decisionStatement(proposal.resource, decision) })
    })
  }
  const rollout = (await readRollout(store, rolloutId(runId)))?.rollout
  return [...proposal.own, ...decisions, ...(rollout ? await promotionsOf(store, rollout) : [])]
}

interface Proposed {
  readonly resource: Resource
  readonly own: readonly Attestable[]
}

async function partResource(store: Store, id: string): Promise<Proposed> {
  const proposal = await readPart(store, id)
  if (proposal === null) throw new UserError(`no proposal "${id}" in this store`)
  return { resource: await needFile(store.objects, keys.partProposal(id, digestOf(proposal))), own: [] }
}

async function certifiedOf(store: Store, runId: string): Promise<Proposed> {
  const key = (file: AutotuneFile) => keys.autotuneRun(runId, file)
  const answer = await readJson<GateAnswer>(store.objects, key('gate.json'))
  const proposal = await readJson<TuningProposal>(store.objects, key('selected-proposal.json'))
  if (answer?.certified !== true || proposal === null)
    throw new UserError(`no certified proposal of a run "${runId}" in this store; "autotune list" shows what there is`)
  const file = (name: AutotuneFile) => needFile(store.objects, key(name))
  const resource = await file('selected-proposal.json')
  const [gate, pinned, manifest] = [await file('gate.json'), await file('target.json'), await file('manifest.json')]
  // What was changed is told by its digest, whatever it has become.
  const rows = Array.isArray(proposal.certificate) ? proposal.certificate : []
  const { demonstration = null } =
    (await orNull(readJson<Partial<AutotuneRun>>(store.objects, key('target.json')))) ?? {}
  return {
    resource,
    own: [
      { kind: 'gate', name: 'gate', statement: () => gateStatement(resource, gate, pinned, { rows, demonstration }) },
      {
        kind: 'verification',
        name: 'verification',
        statement: (verified) => verified && verificationStatement(runId, [manifest, resource], pinned, verified),
      },
    ],
  }
}

/** Steps of a rollout that were published; the last one may still be on its way. */
async function promotionsOf(store: Store, rollout: Rollout): Promise<Attestable[]> {
  const { rollout_id: id, intent, candidate, baseline, records } = rollout
  const tuples: Resource[] = []
  for (const { release_tuple_id } of [candidate, baseline]) {
    // A baseline that was imported is no file of the releases.
    const tuple = await fileOf(store.releases, keys.tuple(intent, release_tuple_id))
    if (tuple) tuples.push(tuple)
  }
  const found: Attestable[] = []
  for (const record of records) {
    const files = await Promise.all(
      PROMOTION_FILES.map((file) => fileOf(store.releases, keys.promotion(id, record.seq, file))),
    )
    const all = files.filter((file) => file !== null)
    if (all.length < files.length) continue
    const name = `promotion-${String(record.seq).padStart(4, '0')}`
    found.push({ kind: 'promotion', name, statement: () => promotionStatement(all, tuples, record) })
  }
  return found
}

async function fileOf(objects: ObjectStore, name: string): Promise<Resource | null> {
  const digest = await digestOfObject(objects, name)
  return digest === null ? null : { name, digest: { sha256: digest.slice(7) } }
}

async function needFile(objects: ObjectStore, name: string): Promise<Resource> {
  const file = await fileOf(objects, name)
  if (file === null) throw new UserError(`${name} is missing in this store: restore it from a copy`)
  return file
}
