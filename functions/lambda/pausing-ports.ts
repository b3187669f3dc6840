/**
 * The pipeline's ports over what other functions have answered already. What is not answered yet is asked for, and ends
 * the call by a `Paused`; the next call comes past that point.
 */

import { LiveDraws } from '#core/baseline/live-draws.ts'
import { Gathered, reproducedLine, type SealedLine } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { canonicalLines, digestOf } from '#core/canonical.ts'
import type { CaseHead, Panel } from '#core/evaluate/panel.ts'
import type { ModelBudget } from '#core/model/budget.ts'
import { liveOf } from '#core/replay/cage.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import type { AutotunePorts } from '#core/run-autotune.ts'
import { SearchCases } from '#core/search/search-cases.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { Need, ObjectRef, Pinned, ReplayItem } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import type { Asked } from '../steps/heldout/gate.ts'
import { afford } from '../steps/live/spent.ts'
import { readReplies } from '../steps/replay/kept-replies.ts'
import { recordPorts } from '../steps/run/ports.ts'
import { asText, digestOfPut } from '../streams/groups.ts'
import { readJson, readLines, streamLines } from '../streams/read-object.ts'
import { answeredSearch } from './answered-search.ts'
import { Answers } from './answers.ts'
import { KeptReading } from './kept-reading.ts'
import { together } from './replays.ts'
import type { DrawsLine, PanelFile } from './work.ts'
import { needJson, putJson, putWork } from './work.ts'

/** Ends a call: something must be answered elsewhere first. */
export class Paused extends Error {
  override name = 'Paused'
  readonly need: Need
  constructor(need: Need) {
    super(`needs ${need.kind}`)
    this.need = need
  }
}

/** What the gate is asked, as the optimiser writes it. */
export interface QuestionFile {
  readonly commit: string
  readonly list: readonly CandidateChange[]
  /** The ledger item before the question, as the preflight saw it. */
  readonly item: LedgerItem
}

/** How far a run is: as it is pinned, what a gate let out, and what the call before left of its search. */
interface Reached {
  readonly pinned: Pinned
  readonly answer: ObjectRef | null
  readonly kept: ObjectRef | null
  /** What a live run may ask; absent: no model is asked live. */
  readonly budget?: ModelBudget
}

/** Characters of cases that stay at hand: a call looks at each of them a few times, and answers come from elsewhere. */
const CASES_AT_HAND = 4 * 1024 * 1024

/** Milliseconds after which a call rests at the next candidate: with one more it ends within the 15 minutes of a function. */
const AT_WORK_MS = 5 * 60_000

/** Where a call puts aside what memory is not to hold, each for itself: cases, rows of the search's memory, rows that were kept. */
type Aside = Readonly<Record<'cases' | 'memory' | 'rows', Records>>

/** Ports of a pinned run over its work files. */
export async function pausingPorts(
  store: Store,
  run: AutotuneRun,
  { pinned, answer, kept, budget }: Reached,
  aside: Aside,
): Promise<AutotunePorts> {
  const id = run.run_id
  const now = () => Date.parse(store.clock.now())
  const begun = now()
  const panel = await needJson<PanelFile>(store, pinned.panel)
  const reading = await KeptReading.open(store, id, kept, aside.rows)
  const question = await readJson<QuestionFile>(store.objects, workKeys.question(id))
  const asked = answer && (await needJson<Asked>(store, answer))
  const live = recordPorts(store)
  let searched: Panel<SlimCase> | null = null
  let left = kept
  return {
    async reproduce() {
      const { shards: _, draws, replies: _replies, ...laid } = panel
      const rest = { ...laid, ...(draws && { live: (await drawnBefore(store, draws)).live }) }
      // Cases are read by a search that renders them; nothing else of a run needs more than their heads.
      const isRead = reading.whole === null && (run.replayer.kind === 'transcript' || reading.heads === null)
      if (!isRead) return { panel: await headPanel(store, run, reading.heads!), ...rest }
      searched = await shardedPanel(store, run, panel, aside.cases)
      return { panel: searched, ...rest }
    },
    // Its input is pinned where the work files lie: a run that ends refused leaves no other file of its own.
    pin: async () => {},
    async search(_run, input) {
      if (reading.whole) return reading.whole
      const answers = new Answers(store, id, panel)
      const whole = { ...input, panel: searched ?? input.panel } as SearchInput<SlimCase>
      const came = await answeredSearch(
        whole,
        run.replayer,
        answers,
        reading,
        aside.memory,
        () => now() - begun > AT_WORK_MS,
      )
      if ('rests' in came) throw new Paused({ kind: 'more', kept: await reading.keep(input.panel) })
      if ('wanted' in came)
        throw new Paused({
          ...(await askReplays(
            store,
            { runId: id, intent: input.target.intent, atOnce: together(run.replayer, run.evaluator_suite) },
            pinned,
            panel,
            came.wanted,
          )),
          kept: await reading.keep(input.panel),
        })
      const { found } = came
      const put = (text: AsyncIterable<string>) => store.objects.put(keys.autotuneRun(id, 'replay-results.jsonl'), text)
      const results = await digestOfPut(asText(reading.lines()), put)
      const replies = panel.replies && (await keepReplies(store, id, panel.replies, reading))
      const end = { found, results, ...(replies !== undefined && { replies }) }
      left = await reading.keep(input.panel, end)
      return end
    },
    ledgerItem: async (heldout) => question?.item ?? (await live.ledgerItem(heldout)),
    async ask(_run, commit, found) {
      if (asked && question?.commit === commit) return asked
      const pin = liveOf(run.replayer)
      if (pin) {
        const { perReplay } = await drawnBefore(store, panel.draws!)
        await afford(store.table, { pin, budget: budget! }, run, { listed: found.committed.length, perReplay })
      }
      const item = question?.item ?? (await live.ledgerItem(run.heldout_test_set!))!
      const list = found.committed.map(({ candidate_id, layer, patch, rationale }) => ({
        candidate_id,
        layer,
        patch,
        rationale,
      }))
      const file: QuestionFile = { commit, list, item }
      throw new Paused({ kind: 'gate', question: await putJson(store, workKeys.question(id), file), kept: left! })
    },
  }
}

/** Writes `harness-replies.jsonl`: what the harness answered to all that was read. Its digest. */
async function keepReplies(
  store: Store,
  id: string,
  baseline: readonly ObjectRef[],
  reading: KeptReading,
): Promise<string> {
  const aside = store.scratch()
  try {
    const lines = async function* () {
      for (const { key, version_id } of baseline) yield* streamLines(store.objects, key, version_id)
      yield* reading.replies()
    }
    const replies = await readReplies(aside, 'replies', lines())
    const put = (text: AsyncIterable<string>) => store.objects.put(keys.autotuneRun(id, 'harness-replies.jsonl'), text)
    return await digestOfPut(asText(replies.lines()), put)
  } finally {
    aside.close()
  }
}

/** Draws of a live baseline, as they were laid out, and how many calls one of them took. */
async function drawnBefore(
  { objects }: Store,
  { key, version_id }: ObjectRef,
): Promise<{ readonly live: LiveDraws; readonly perReplay: number }> {
  const live = new LiveDraws()
  let [drawn, calls] = [0, 0]
  for await (const text of streamLines(objects, key, version_id)) {
    const { case_id, draws } = JSON.parse(text) as DrawsLine
    live.add(case_id, draws)
    drawn += draws.length
    calls += draws.reduce((sum, draw) => sum + ('answers' in draw ? (draw.answers?.length ?? 0) : 0), 0)
  }
  return { live, perReplay: calls / Math.max(1, drawn) }
}

/** The search set as its shards have it, whose cases lie as text until they are looked at. */
async function shardedPanel(
  store: Store,
  { run_id: runId, draw }: AutotuneRun,
  { shards }: PanelFile,
  aside: Records,
): Promise<Panel<SlimCase>> {
  const gathered = new Gathered()
  const whole = new SearchCases(aside, store.atHand ?? CASES_AT_HAND)
  for (const [i, { cases, version_id }] of shards.entries()) {
    const key = workKeys.shard(runId, i)
    const before = whole.length
    for await (const text of streamLines(store.objects, key, version_id)) {
      const line = JSON.parse(text) as SealedLine
      gathered.add(reproducedLine(line))
      whole.add(line.case, line.floors)
    }
    if (whole.length - before !== cases)
      throw new UserError(`${key} holds ${whole.length - before} cases, ${cases} were written: start the run again`)
  }
  return { ...gathered.reproduction(draw).panel, cases: whole }
}

/** The same without what its cases hold. */
async function headPanel(store: Store, { draw }: AutotuneRun, { key, version_id }: ObjectRef): Promise<Panel> {
  const gathered = new Gathered()
  for await (const text of streamLines(store.objects, key, version_id))
    gathered.add(reproducedLine(JSON.parse(text) as SealedLine<CaseHead>))
  return gathered.reproduction(draw).panel
}

async function askReplays(
  store: Store,
  { runId, intent, atOnce }: { readonly runId: string; readonly intent: string; readonly atOnce: number },
  { input }: Pinned,
  { shards }: PanelFile,
  wanted: readonly SettingsTable[],
): Promise<{ readonly kind: 'replays'; readonly items: ObjectRef; readonly count: number }> {
  const refs: ReplayItem['settings'] = []
  for (const settings of wanted) {
    const digest = digestOf(settings)
    const { version_id } = await putJson(store, workKeys.settings(runId, digest), settings)
    refs.push({ digest, version_id })
  }
  const items: ReplayItem[] = []
  for (const [shard, { version_id: shard_version }] of shards.entries())
    for (let at = 0; at < refs.length; at += atOnce)
      items.push({ run_id: runId, intent, input, settings: refs.slice(at, at + atOnce), shard, shard_version })
  // Named by what it asks for, versions left out: the same call again replaces this round, and adds none.
  const key = workKeys.round(runId, digestOf(wanted))
  return { kind: 'replays', items: await putWork(store, key, canonicalLines(items)), count: items.length }
}

/** Replays that this run has asked for, read or not. */
export async function billedReplays(store: Store, runId: string, { panel }: Pinned): Promise<number> {
  const { shards } = await needJson<PanelFile>(store, panel)
  let billed = 0
  for await (const key of store.objects.list(workKeys.rounds(runId)))
    for (const { shard, settings } of await readLines<ReplayItem>(store.objects, key))
      billed += settings.length * shards[shard]!.cases
  return billed
}
