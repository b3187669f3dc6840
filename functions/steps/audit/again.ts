/**
 * Controls 24, 25 and 14 of the harness audit, tried on a copy of a store: what was done is done again and changes nothing, what a
 * killed process leaves is ended by the next one to the same bytes, and runs that a person wants gone are gone from both sides.
 */
import { digestOfBytes } from '#core/canonical.ts'
import type { DoneFacts, RunFacts } from '#core/done/facts.ts'
import type { Attempt } from '#core/done/probe.ts'
import { attempt, type Tried } from '#core/harness-audit/tried.ts'
import type { ProductionRun } from '#schemas/release.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { keys, PROMOTION_FILES } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Signer, Store } from '../../ports.ts'
import { holdsAny } from '../../streams/holds-any.ts'
import { digestOfObject, streamValues } from '../../streams/read-object.ts'
import { erase, planErasure } from '../erase/erase.ts'
import { segmentsWith } from '../erase/recorded.ts'
import { ingest } from '../experience/ingest.ts'
import { runLoader } from '../experience/run-loader.ts'
import { fixedSplit } from '../experience/split-rule.ts'
import { reserveQuestion } from '../heldout/gate.ts'
import { readProduction, recordProduction } from '../release/production.ts'
import { needRollout } from '../release/rollouts.ts'
import { settle } from '../release/settle.ts'
import { decideAtTerminal } from '../review/answer.ts'
import { rowKeys } from '../store/ledger-keys.ts'

/** A store whose every write stays in memory. */
export interface CopiedStore {
  readonly store: Store
  /** The same without its journal of heads: whoever died before a write told nobody of it. */
  readonly untold: Store
  readonly signer: Signer
  /** Whether it holds all that a store does; else what an auditor of a deployment reads, where nothing is imported or decided. */
  readonly whole: boolean
  /** What was changed so far, objects and items. */
  readonly changed: () => Promise<readonly string[]>
}

/** Makes a fresh one. */
type Copy = () => CopiedStore | Promise<CopiedStore>

const IDEMPOTENCY = 'what was done and is done again changes nothing'
const DURABLE = 'what a killed process left undone, the next one does, to the same bytes'
const PRIVACY = 'recorded runs that a person wants gone are gone, on both sides, under a tombstone'
/** Recorded runs that are imported again. */
const MOST_RUNS = 20

/** Control 24. */
export async function idempotency(copy: Copy, facts: DoneFacts): Promise<Tried> {
  const { run, rollout, review } = facts
  const [first] = review?.decisions ?? []
  if (!run || !rollout || !review || !first)
    return { is: IDEMPOTENCY, cannot: 'no rollout was started: not every step was done once' }
  const { rollout_id } = rollout.rollout
  const again = async (tried: string, work: (one: CopiedStore) => Promise<string | null>): Promise<Attempt> => {
    const one = await copy()
    const said = await work(one)
    // That somebody tried is written down beside the review, and decides nothing.
    const changed = (await one.changed()).filter((key) => !key.startsWith(keys.reviewAttempts(review.review_id)))
    return attempt(tried, changed.length === 0 ? said : null)
  }
  const { store: fresh, whole } = await copy()
  const log = await wholeLog(fresh, rollout_id)
  return {
    is: IDEMPOTENCY,
    attempts: [
      ...(whole
        ? [
            await again('recorded runs are imported again', async ({ store }) => {
              const [runs, rule] = [await someRuns(store, run), await fixedSplit(store)]
              if (runs.length === 0 || rule === null) return null
              const { stored, unchanged } = await ingest(
                store,
                async function* () {
                  yield* runs
                },
                rule,
              )
              return stored === 0 ? `stored 0 runs, ${unchanged} were there already` : null
            }),
          ]
        : []),
      await again("the gate's question is asked again", async ({ store }) => {
        const commit = run.proposal?.computed_from.commit
        if (commit === undefined) return null
        const asked = await reserveQuestion(store, run.run, commit)
        return 'asked' in asked && 'answer' in asked.asked
          ? 'it has the answer of the first time, and spends nothing'
          : null
      }),
      ...(whole
        ? [
            await again(`${first.reviewer} decides again`, async ({ store }) => {
              const { role, reviewer, decision, reason } = first
              return await decideAtTerminal(store, run.run.run_id, {
                role,
                reviewer,
                decision,
                reason,
                shown: null,
              }).then(
                () => null,
                (error: unknown) => {
                  if (!(error instanceof UserError)) throw error
                  return error.message
                },
              )
            }),
          ]
        : []),
      ...(log.runs.length === 0
        ? []
        : [
            await again('production is recorded again', async ({ store }) => {
              const { recorded, known } = await recordProduction(store, rollout_id, toldOf(log.runs))
              return recorded === 0 ? `recorded 0 runs, ${known} were there already` : null
            }),
          ]),
      await again('what follows from the rollout is written again', async ({ store, signer }) => {
        await settle(store, signer, await needRollout(store, rollout_id))
        return 'nothing is written twice'
      }),
    ],
    evidence: [rollout.artifact, run.files['target.json']!],
  }
}

async function someRuns(store: Store, { run }: RunFacts) {
  const intent = run.target.intent!
  const load = runLoader(store, [store.objects], intent)
  const runs = []
  for await (const { recordings } of streamValues<ReplayCase>(
    store.objects,
    keys.goldensAt(intent, run.search_set.digest),
  ))
    for (const recording of recordings) {
      runs.push(await load(recording))
      if (runs.length === MOST_RUNS) return runs
    }
  return runs
}

/** Control 25: a process that died after each write that other writes follow from. */
export async function durability(copy: Copy, { rollout }: DoneFacts): Promise<Tried> {
  if (!rollout) return { is: DURABLE, cannot: 'no rollout was started, so nothing could be left undone' }
  const { rollout_id, revision } = rollout.rollout
  const files = PROMOTION_FILES.map((file) => keys.promotion(rollout_id, revision, file))
  const cut = async (tried: string, keysLost: readonly string[]): Promise<Attempt> => {
    const { untold: store, signer } = await copy()
    const before = await Promise.all(files.map((key) => digestOfObject(store.releases, key)))
    for (const key of keysLost) await store.releases.delete(key)
    await settle(store, signer, await needRollout(store, rollout_id))
    const after = await Promise.all(files.map((key) => digestOfObject(store.releases, key)))
    const same = before.every((digest, i) => digest !== null && digest === after[i])
    return attempt(tried, same ? `${keysLost.length} files are there again, to the byte` : null)
  }
  return {
    is: DURABLE,
    attempts: [
      await cut('a process that died after its item, before any file', files),
      await cut('a process that died before it signed', files.slice(-1)),
      ...(await lostRow(copy, rollout_id)),
    ],
    evidence: [rollout.artifact],
  }
}

/** A recording that died between its last segment and the row that names it; none where nothing was recorded yet. */
async function lostRow(copy: Copy, id: string): Promise<Attempt[]> {
  const { untold: store } = await copy()
  const rows = store.table.query<{ readonly digest: string; readonly runs: number }>(rowKeys.productions(id))
  const last = (await Array.fromAsync(rows)).at(-1)
  if (!last) return []
  const { runs } = await wholeLog(store, id)
  await store.table.remove(last.pk, last.sk, last.revision)
  const { recorded } = await recordProduction(store, id, toldOf(runs.slice(-last.body.runs)))
  const again = await store.table.get<{ readonly digest: string }>(last.pk, last.sk)
  return [
    attempt(
      'a recording of production that died before its last segment counted',
      again?.body.digest === last.body.digest
        ? `the same ${recorded} runs were recorded, and the segment is the same`
        : null,
    ),
  ]
}

/** The production log of a rollout. Throws UserError where something is wrong with it. */
async function wholeLog(store: Store, id: string) {
  const log = await readProduction(store, id)
  if ('damaged' in log) throw new UserError(log.damaged)
  return log
}

/** Runs of production, told in their order. */
const toldOf = (runs: readonly ProductionRun[]) =>
  async function* () {
    for (const [i, run] of runs.entries()) yield { run, at: `line ${i + 1}` }
  }

/** Control 14: a family of the search side is erased, and looked for in every file that the copy holds. */
export async function privacy(copy: Copy, { run }: DoneFacts): Promise<Tried> {
  if (!run) return { is: PRIVACY, cannot: 'no run of this intent has ended' }
  const { store } = await copy()
  const intent = run.run.target.intent!
  const of = keys.goldensAt(intent, run.run.search_set.digest)
  const { value: chosen } = await streamValues<ReplayCase>(store.objects, of).next()
  if (!chosen) return { is: PRIVACY, cannot: 'the search set of the run is not there any more' }
  const runs = new Set((chosen as ReplayCase).recordings.map(({ run_id }) => run_id))
  const planned = await planErasure(store, { runs })
  const held = await Promise.all(
    [store.objects, store.vault].map(async (side) => [side, await segmentsWith(side, planned.chosen.runs)] as const),
  )
  await erase(store, planned, { reason: 'tried on a copy by the audit', person: 'audit' }, async () => {})
  const left: string[] = []
  const needles = [...planned.chosen.runs.keys()].map((id) => Buffer.from(JSON.stringify(id)))
  for (const [side, objects] of Object.entries({ open: store.objects, vault: store.vault }))
    for await (const key of objects.list('')) if (await holdsAny(objects, key, needles)) left.push(`${side} ${key}`)
  // Segments are compressed, and named by what they hold: one that held such a run is gone.
  for (const [objects, segments] of held)
    for (const segment of segments) if ((await objects.get(segment)) !== null) left.push(segment)
  const again = await planErasure(store, { runs })
  const { path, digest } = run.files['target.json']!
  return {
    is: PRIVACY,
    attempts: [
      attempt(
        `${runs.size} recorded runs of a case, erased and looked for in every file of both sides`,
        left.length === 0 ? 'no file names them' : null,
      ),
      ...left.slice(0, 5).map((key) => attempt(`${key} still names an erased run`, null)),
      attempt(
        'the same runs, asked for again',
        again.plan.runs === 0 && again.plan.erased_before.length > 0 ? 'there is nothing but the tombstone' : null,
      ),
    ],
    evidence: [
      { path: of, digest: run.run.search_set.digest },
      { path, digest: digest ?? digestOfBytes('') },
    ],
  }
}
