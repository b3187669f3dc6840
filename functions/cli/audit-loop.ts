/** What the harness audit looks at of the loop beside "done": what was recorded, what is tried on copies, and who signed. */
import { readFileSync } from 'node:fs'
import { programFile } from '#adapters/local/program-files.ts'
import { digestOfBytes } from '#core/canonical.ts'
import type { DoneFacts } from '#core/done/facts.ts'
import type { LoopLook } from '#core/harness-audit/loop.ts'
import type { Tried } from '#core/harness-audit/tried.ts'
import type { Vouched } from '#core/harness-audit/tries/people.ts'
import { WIRED, WIRED_DEPLOYED } from '#core/harness-audit/wired.ts'
import type { AttestationKeys } from '#schemas/attestation.ts'
import { processTries } from '../embedded/caged-tries.ts'
import { copiedDeployment, copiedStore } from '../embedded/copied-store.ts'
import { UserError } from '../errors.ts'
import { decisionName } from '../steps/attest/attestable.ts'
import { verifyAttestations } from '../steps/attest/verify.ts'
import { durability, idempotency, privacy } from '../steps/audit/again.ts'
import { readRecorded } from '../steps/audit/recorded.ts'
import { type CommandStore, isLocal } from './open.ts'

/** @param keys those that are trusted; null: nobody vouches for a name */
export async function lookAtLoop(
  store: CommandStore,
  facts: DoneFacts,
  keys: AttestationKeys | null,
): Promise<LoopLook> {
  const { recorded, replays } = facts.run ? await readRecorded(store, facts.run) : { recorded: null, replays: null }
  return {
    program: programDigests(),
    recorded,
    replays,
    vouched: await vouchedBy(store, facts, keys),
    onCopies: await triedOnCopies(store, facts),
    ...(isLocal(store) ? {} : { deployed: true }),
  }
}

/** Digests of this program's own files that controls are wired in by, as they are on this machine. */
export const programDigests = (): ReadonlyMap<string, string> =>
  new Map(
    [...new Set([WIRED, WIRED_DEPLOYED].flatMap((paths) => Object.values(paths)))].map(
      (path) => [path, digestOfBytes(readFileSync(programFile(path)))] as const,
    ),
  )

async function vouchedBy(
  store: CommandStore,
  { run, review }: DoneFacts,
  keys: AttestationKeys | null,
): Promise<Vouched | null> {
  if (keys === null || run?.proposal == null || review === null) return null
  const { verdict, attestations } = await verifyAttestations(store, run.run.run_id, keys, store.clock.now())
  const n = Number(review.review_id.slice(review.review_id.lastIndexOf('_') + 1))
  const signers = review.decisions.map((_, i) => {
    const found = attestations.find(({ name }) => name === decisionName(n, i))
    if (found?.verdict === 'changed') return []
    return found?.signatures.flatMap(({ person, problem }) => (problem === null && person ? [person] : [])) ?? []
  })
  return { verdict, signers }
}

async function triedOnCopies(store: CommandStore, facts: DoneFacts): Promise<LoopLook['onCopies']> {
  const copy = () =>
    isLocal(store) ? copiedStore(store) : copiedDeployment(store, store.releaseSigner!, facts.run?.run.run_id ?? '')
  const repeated = {
    idempotency: await orCannot('what was done is done again', () => idempotency(copy, facts)),
    durability: await orCannot('what was left undone is ended', () => durability(copy, facts)),
  }
  // Nothing is erased in a deployment, its keys are of KMS, and its processes are functions: nothing here could see that fail.
  if (!isLocal(store)) return repeated
  return {
    ...repeated,
    ...(await processTries(store, facts)),
    privacy: await orCannot('recorded runs are erased', () => privacy(copy, facts)),
  }
}

/** A store that refuses to be worked on says why, and nothing was tried then. */
const orCannot = (is: string, tries: () => Promise<Tried>): Promise<Tried> =>
  tries().catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error
    return { is, cannot: error.message }
  })
