/** The input that a run pins: everything that its bytes depend on, and the case lines that it names by digest. */
import { digestOf } from '#core/canonical.ts'
import { EXPOSURE_RULES } from '#core/evaluate/exposures.ts'
import { baselineDigest, harnessOf } from '#core/gate/commitment.ts'
import { GATE_RULES } from '#core/gate/rules.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { AutotuneRun, ProposedInRun, Replayer } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { digestOfObject, streamLines } from '../../streams/read-object.ts'
import type { SearchSet } from '../experience/compile.ts'
import { documentDigests } from '../experience/documents.ts'
import { nearCopiesOf } from '../experience/near-copies-found.ts'
import { traceSelection } from '../experience/trace-imports.ts'
import { verdictCage } from '../replay/verdicts.ts'
import { erasuresOf } from '../store/erasures.ts'
import type { AnsweredContract, RunRequest } from './contract.ts'
import { readRejections } from './memory.ts'
import { readScars } from './scars.ts'

/** The input of a run as it is pinned: everything that its bytes depend on. */
export async function pinnedInput(
  store: Store,
  { target, candidates, demonstration }: RunRequest,
  { pack, suite, prices, resolved }: AnsweredContract,
  pinned: {
    readonly runId: string
    readonly replayer: Replayer
    readonly draw?: string
    readonly proposed?: ProposedInRun
    readonly searchSet: SearchSet
    readonly heldout: HeldoutVersion | null
  },
): Promise<AutotuneRun> {
  const { runId, replayer, draw, proposed, searchSet, heldout } = pinned
  const baseline = baselineDigest({ target, pack, replayer })
  const documents = await documentDigests(store.objects, resolved.baseline_tuple)
  const traces = await traceSelection(store.objects)
  const near = await nearCopiesOf(store.objects, resolved.intent)
  const cage = verdictCage(suite, store.verdicts)
  const scars = await readScars(store, resolved.intent)
  return {
    run_id: runId,
    target,
    pack,
    evaluator_suite: suite,
    price_table: prices,
    ...(Object.keys(documents).length > 0 ? { documents } : {}),
    replayer,
    ...(cage !== undefined && { verdict_cage: cage }),
    search_set: searchSet,
    ...(traces && { traces }),
    ...(near && { near_copies: near }),
    heldout_test_set: heldout,
    gate_rules: GATE_RULES,
    ...(scars.length > 0 && { scars }),
    says_origin: true,
    ...(draw !== undefined && { draw }),
    exposure_rules: EXPOSURE_RULES,
    candidates: candidates ? [...candidates] : null,
    ...(proposed && { proposed }),
    rejections: await readRejections(store, {
      target: resolved,
      searchSet: searchSet.digest,
      version: heldout?.version ?? null,
      baseline,
      suite: digestOf(suite),
      runId,
    }),
    demonstration,
  }
}

/** What a run is about: the same target, hand-written candidates, proposers and harness may resume it. */
export const aboutOf = ({
  target,
  candidates,
  replayer,
  proposed,
}: Pick<AutotuneRun, 'target' | 'replayer'> &
  Pick<RunRequest, 'candidates'> & {
    readonly proposed?: Pick<ProposedInRun, 'proposers' | 'blocks'> | undefined
  }): string =>
  digestOf({
    target,
    candidates,
    ...harnessOf(replayer),
    ...(proposed && { proposers: proposed.proposers, blocks: proposed.blocks ?? null }),
  })

/** Case lines of the search set that a run pins, whose digest was checked. */
export async function pinnedLines(
  store: Store,
  run: Pick<AutotuneRun, 'run_id' | 'target' | 'search_set'>,
  version?: string,
): Promise<AsyncIterable<string>> {
  const key = keys.goldensAt(run.target.intent!, run.search_set.digest)
  const digest = await digestOfObject(store.objects, key, version)
  const erased = digest === null && (await erasuresOf(store)).explains(run.search_set.digest, null)
  if (erased)
    throw new UserError(
      `recorded runs that run ${run.run_id} was computed from were ${erasedBy(erased)}. It cannot be recomputed: run its target again`,
    )
  if (digest === null) throw new UserError(`${key} is missing: run ${run.run_id} was computed from it`)
  if (digest !== run.search_set.digest)
    throw new UserError(`${key} was changed: its digest is no longer ${run.search_set.digest}`)
  return streamLines(store.objects, key, version)
}
