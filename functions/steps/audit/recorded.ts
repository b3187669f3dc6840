/** Reads what controls of the harness audit ask of recorded runs and of replays: each file once, and nothing sealed. */
import { digestOf } from '#core/canonical.ts'
import type { RunFacts } from '#core/done/facts.ts'
import type { RecordedFacts, ReplayFacts } from '#core/harness-audit/tries/recorded.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { Recording, ReplayCase } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson, streamValues } from '../../streams/read-object.ts'
import { readIndex } from '../experience/run-index.ts'
import { runLoader } from '../experience/run-loader.ts'

/** Recorded runs that are opened: enough to see which ids a recorder writes. */
const MOST_OPENED = 50

export interface Recorded {
  readonly recorded: RecordedFacts | null
  readonly replays: ReplayFacts | null
}

/** null: the search set that the run pinned, or its replays, are not what they were. */
export async function readRecorded(store: Store, { run, manifest, files }: RunFacts): Promise<Recorded> {
  const intent = run.target.intent!
  const key = keys.goldensAt(intent, run.search_set.digest)
  const digest = await digestOfObject(store.objects, key)
  if (digest !== run.search_set.digest) return { recorded: null, replays: null }
  const listed = new Set<string>()
  for await (const { run_id } of readIndex(store, intent)) listed.add(run_id)
  const load = runLoader(store, [store.objects], intent)
  const disputed = new Set<string>()
  const models = new Set<string>()
  const lacking = Object.fromEntries(Object.keys(IDS).map((id) => [id, 0]))
  const count = { recordings: 0, unlisted: 0, passages: 0, sourceless: 0, opened: 0, calls: 0, unnamed: 0 }
  for await (const { case_id, recordings } of streamValues<ReplayCase>(store.objects, key))
    for (const recording of recordings) {
      count.recordings++
      if (!listed.has(recording.run_id)) count.unlisted++
      count.passages += recording.evidence.source.length
      count.sourceless += recording.evidence.source.filter((source) => source === null).length
      for (const model of recording.calls.model) {
        count.calls++
        if (model === null) count.unnamed++
        else models.add(model)
      }
      if (isDisputed(recording)) disputed.add(`${case_id} ${recording.run_id}`)
      if (count.opened === MOST_OPENED) continue
      const loaded = await orNone(load(recording))
      if (loaded === null) continue
      count.opened++
      for (const [id, has] of Object.entries(IDS)) if (!has(loaded)) lacking[id]!++
    }
  return {
    recorded: {
      searchSet: { path: key, digest },
      ...count,
      models: [...models].sort(),
      lacking,
      documents: await documents(store, { run }),
    },
    replays:
      manifest.artifacts['replay-results.jsonl'] === files['replay-results.jsonl']?.digest
        ? await replaysOf(store, run.run_id, disputed)
        : null,
  }
}

const isDisputed = ({ corrections, corrected }: Recording): boolean =>
  corrected ? corrected.label === 'disputed' : corrections.some(({ kind }) => kind === 'label_disputed')

type Loaded = Awaited<ReturnType<ReturnType<typeof runLoader>>>

/** Ids that the control asks for, and whether a run has them. A run without tool calls needs no id of one. */
const IDS: Readonly<Record<string, (run: Loaded) => boolean>> = {
  trace_id: ({ trace_id }) => trace_id !== '',
  run_id: ({ run_id }) => run_id !== '',
  intent_id: ({ intent_id }) => intent_id !== '',
  'user_id (its family)': ({ family_id }) => family_id !== '',
  session_id: ({ session_id }) => session_id !== undefined,
  tool_call_id: ({ steps }) => steps.every((step) => step.kind !== 'tool_call' || step.tool_call_id !== ''),
}

const orNone = <T>(value: Promise<T>): Promise<T | null> =>
  value.catch((error: unknown) => {
    if (error instanceof UserError) return null
    throw error
  })

/** Pack, suite and prices as the store holds them now. */
async function documents({ objects }: Store, { run }: Pick<RunFacts, 'run'>): Promise<RecordedFacts['documents']> {
  const { pack, evaluator_suite: suite, price_table: prices } = run
  const pinned = [
    [pack.pack, keys.pack(pack.pack), pack],
    [suite.suite, keys.suite(suite.suite), suite],
    ...(prices ? ([[prices.price_table, keys.priceTable(prices.price_table), prices]] as const) : []),
  ] as const
  return await Promise.all(
    pinned.map(async ([ref, key, value]) => {
      const held = await orNull(readJson<unknown>(objects, key))
      return { ref, same: held !== null && digestOf(held) === digestOf(value) }
    }),
  )
}

async function replaysOf({ objects }: Store, runId: string, disputed: ReadonlySet<string>): Promise<ReplayFacts> {
  const judged = new Map<string, number>()
  const count = { replayed: 0, disputed: 0, counted: 0 }
  const key = keys.autotuneRun(runId, 'replay-results.jsonl')
  for await (const { case_id, recording, scorecard } of streamValues<ReplayResult>(objects, key)) {
    if (!scorecard) continue
    count.replayed++
    for (const [id, { score }] of Object.entries(scorecard.scores))
      if (score !== null) judged.set(id, (judged.get(id) ?? 0) + 1)
    if (!disputed.has(`${case_id} ${recording}`)) continue
    count.disputed++
    if (scorecard.measures.utility_passed !== null) count.counted++
  }
  return { judged, ...count }
}
