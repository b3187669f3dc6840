/**
 * The pipeline's ports over what other functions have answered already. What is not answered yet is asked for, and ends
 * the call by a `Paused`; the next call comes past that point.
 */

import { Gathered, panelOf, reproducedLine, type SealedLine } from '#core/baseline/reproduce.ts'
import { Records } from '#core/bytes/records.ts'
import { canonical, canonicalLines, digestOf } from '#core/canonical.ts'
import type { Panel } from '#core/evaluate/panel.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import type { AutotunePorts } from '#core/run-autotune.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import { type CaseAnswer, type Round, stopsRound, upTo } from '#core/search/replayer.ts'
import { type SearchResult, searchRounds } from '#core/search/search.ts'
import { SearchCases } from '#core/search/search-cases.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { transcriptReplayer, unreplayableAnswer } from '#core/search/transcript-replayer.ts'
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
import { answeredAlike, type TwiceAnswered } from '../steps/replay/answered-alike.ts'
import { keepReplays, recordPorts } from '../steps/run/ports.ts'
import { readJson, readLines, streamLines } from '../streams/read-object.ts'
import type { PanelFile } from './work.ts'
import { needJson, putJson, putText } from './work.ts'

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

/**
 * Candidates asked for at once. The search reads them one after the other; those that it would stop early, or not reach,
 * are replayed for nothing, and stand in the manifest as billed.
 */
const CANDIDATES_AHEAD = 12

/** Ports of a pinned run over its work files; `answer`: what a gate let out. */
export async function pausingPorts(
  store: Store,
  run: AutotuneRun,
  pinned: Pinned,
  answer: ObjectRef | null,
): Promise<AutotunePorts> {
  const id = run.run_id
  const panel = await needJson<PanelFile>(store, pinned.panel)
  const question = await readJson<QuestionFile>(store.objects, workKeys.question(id))
  const asked = answer && (await needJson<Asked>(store, answer))
  const live = recordPorts(store)
  let searched: Panel<SlimCase> = panelOf<SlimCase>([])
  return {
    async reproduce() {
      const { shards: _, ...rest } = panel
      searched = await shardedPanel(store, run, panel)
      return { panel: searched, ...rest }
    },
    // Its input is pinned where the work files lie: a run that ends refused leaves no other file of its own.
    pin: async () => {},
    search(_run, input) {
      const searching = answeredSearch(store, run, { pinned, panel }, { ...input, panel: searched })
      return keepReplays(searching, (text) => store.objects.put(keys.autotuneRun(id, 'replay-results.jsonl'), text))
    },
    ledgerItem: async (heldout) => question?.item ?? (await live.ledgerItem(heldout)),
    async ask(_run, commit, found) {
      if (asked && question?.commit === commit) return asked
      const item = question?.item ?? (await live.ledgerItem(run.heldout_test_set!))!
      const list = found.committed.map(({ candidate_id, layer, patch, rationale }) => ({
        candidate_id,
        layer,
        patch,
        rationale,
      }))
      const file: QuestionFile = { commit, list, item }
      throw new Paused({ kind: 'gate', question: await putJson(store, workKeys.question(id), file) })
    },
  }
}

/** The search set as its shards have it, whose cases lie as text until they are looked at. */
async function shardedPanel(
  store: Store,
  { run_id: runId, draw }: AutotuneRun,
  { shards }: PanelFile,
): Promise<Panel<SlimCase>> {
  const gathered = new Gathered()
  const whole = new SearchCases(new Records())
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

/** Lines of the replays that the search read, and its result. */
async function* answeredSearch(
  store: Store,
  { run_id: runId, replayer }: AutotuneRun,
  { pinned, panel }: { readonly pinned: Pinned; readonly panel: PanelFile },
  input: SearchInput<SlimCase>,
): AsyncGenerator<string, SearchResult> {
  // One candidate is read to its end before the next: nobody comes back to the answers before.
  let last: { readonly digest: string; readonly answers: readonly TwiceAnswered[] | null } | null = null
  const answersTo = async (settings: SettingsTable) => {
    const digest = digestOf(settings)
    if (last?.digest !== digest) last = { digest, answers: await answersOf(store, runId, digest, panel) }
    return last.answers
  }
  const view =
    replayer.kind === 'transcript'
      ? transcriptReplayer(input.panel, input.pins, input.suite).view
      : harnessView(input.pins)
  const results: string[] = []
  const rounds = searchRounds(input, view, (result) => results.push(canonical(result)))
  for (let step = rounds.next(); ; ) {
    yield* results.splice(0)
    if (step.done) return step.value
    const answers = await answersTo(step.value.settings)
    if (answers === null)
      throw new Paused(
        await askReplays(store, { runId, intent: input.target.intent }, pinned, panel, await ahead(step.value)),
      )
    const { cases, stopsAtFailure, once } = step.value
    const asked = cases.map((i) => answers[i]!)
    const read = stopsAtFailure ? upTo(asked, stopsRound) : asked
    step = rounds.next(once ? read : answeredAlike(cases.length, read))
  }

  /** Settings of this round and of those that would follow if it came to nothing. The search is spent by looking. */
  async function ahead(first: Round): Promise<SettingsTable[]> {
    const wanted = new Map<string, SettingsTable>()
    for (let round = first; ; ) {
      const answers = await answersTo(round.settings)
      if (answers === null) wanted.set(digestOf(round.settings), round.settings)
      if (wanted.size >= CANDIDATES_AHEAD) break
      const next = rounds.next(round.cases.map((i) => answers?.[i] ?? nothing(i)))
      if (next.done) break
      round = next.value
    }
    return [...wanted.values()]
  }
  function nothing(i: number): CaseAnswer {
    const { case_id, family_id } = input.panel.cases.at(i)!
    return unreplayableAnswer(case_id, family_id, { unreplayable: 'not replayed yet' })
  }
}

/** Answers of every case for some settings, in panel order; null when a shard has not answered. */
async function answersOf(
  store: Store,
  runId: string,
  digest: string,
  { shards }: PanelFile,
): Promise<TwiceAnswered[] | null> {
  const answers: TwiceAnswered[] = []
  for (const [i, { cases }] of shards.entries()) {
    const shard = await readLines<TwiceAnswered>(store.objects, workKeys.answers(runId, digest, i))
    if (shard.length !== cases) return null
    for (const answer of shard) answers.push(answer)
  }
  return answers
}

async function askReplays(
  store: Store,
  { runId, intent }: { readonly runId: string; readonly intent: string },
  { input }: Pinned,
  { shards }: PanelFile,
  wanted: readonly SettingsTable[],
): Promise<Need> {
  const items: ReplayItem[] = []
  for (const settings of wanted) {
    const digest = digestOf(settings)
    const { version_id } = await putJson(store, workKeys.settings(runId, digest), settings)
    for (const [shard, { version_id: shard_version }] of shards.entries())
      items.push({ run_id: runId, intent, input, settings: digest, settings_version: version_id, shard, shard_version })
  }
  // Named by what it asks for, versions left out: the same call again replaces this round, and adds none.
  const key = workKeys.round(runId, digestOf(wanted))
  return { kind: 'replays', items: await putText(store, key, canonicalLines(items)), count: items.length }
}

/** Replays that this run has asked for, read or not. */
export async function billedReplays(store: Store, runId: string, { panel }: Pinned): Promise<number> {
  const { shards } = await needJson<PanelFile>(store, panel)
  let billed = 0
  for await (const key of store.objects.list(workKeys.rounds(runId)))
    for (const { shard } of await readLines<ReplayItem>(store.objects, key)) billed += shards[shard]!.cases
  return billed
}
