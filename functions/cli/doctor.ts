/** `autotune doctor`: is this target ready to run, and can the held-out set answer it? Spends and seals nothing. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { Gathered } from '#core/baseline/reproduce.ts'
import { baselineProblems } from '#core/contract/baseline-floors.ts'
import { isAnswered, sevenQuestions } from '#core/contract/questions.ts'
import { type ResolvedTarget, resolveTarget } from '#core/contract/resolve.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import { neededOf, preflight } from '#core/gate/preflight.ts'
import { sealVersion } from '#core/gate/seal.ts'
import type { HeldoutVersion, PinnedLimits } from '#schemas/heldout.ts'
import { chosenReplayer, type LocalEngine, openEngine } from '../embedded/engine.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import type { ReplayEngine } from '../ports.ts'
import { compileIntent } from '../steps/experience/compile.ts'
import { pinnedDocuments } from '../steps/experience/documents.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { compareRecords } from '../steps/experience/stored-records.ts'
import { pinnedLimits } from '../steps/heldout/pinned-limits.ts'
import { planSeal, standingVersion } from '../steps/heldout/seal.ts'
import { replayerOf } from '../steps/replay/replays.ts'
import { baselineOnly, gather } from '../steps/replay/reproduce.ts'
import { gatherStanding } from '../steps/run/standing.ts'
import { type CommandStore, isLocal, isStore, openExisting } from './open.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { print, terminalProgress } from './terminal.ts'
import { contractLines, preflightLines } from './text.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly replayer?: string
}

/** What a look needs of an engine: it replays baselines and never searches. */
type Looking = Pick<ReplayEngine, 'replayer' | 'check' | 'reproduce'>

/** Exit code: 0 ready, 3 inconclusive, 2 unanswered. */
export async function doctor({ json, target: file, replayer: option, ...o }: Options): Promise<number> {
  const target = parseTarget(readInput(file), file)
  if (isDeployed(o) && ((option ?? 'transcript') !== 'transcript' || target.scoring?.replayer === 'module'))
    throw new UserError(
      'doctor replays transcripts of a deployment; whether a harness reproduces the baseline is told by a run, or by doctor on a folder',
    )
  const replayer = chosenReplayer(target, file, option)
  const store = isDeployed(o) || isStore(o.store) ? await openExisting(o, terminalProgress()) : null
  let opened: LocalEngine | null = null
  try {
    const documents = store ? await pinnedDocuments(store.objects, target) : { pack: null, suite: null, prices: null }
    const records =
      store && target.intent ? recordProblems(target.intent, await compareRecords(store, target.intent)) : []
    const standing = store ? { standing: await gatherStanding(store, target, records) } : {}
    const questions = sevenQuestions({ target, ...documents, ...standing })
    if (!store || !isAnswered(questions)) {
      print(
        json,
        {
          verdict: 'unanswered',
          questions,
          preflight: [],
          heldout_families: null,
          needed_families: null,
          problems: [],
        },
        () => [...contractLines(questions), 'verdict  UNANSWERED: supply what is missing'],
      )
      return 2
    }
    const resolved = resolveTarget(target)
    const baseline = {
      tuple: resolved.baseline_tuple,
      settings: documents.pack!.settings,
      suite: documents.suite!,
      prices: documents.prices,
    }
    if (replayer !== 'transcript' && isLocal(store)) opened = await openEngine(store, resolved.intent, { replayer })
    const engine: Looking = opened ?? baselineOnly
    const pins = { ...baseline, replayer: replayerOf(engine) }
    const compiled = () => compileIntent(store, resolved.intent)
    await engine.check?.(compiled(), pins)
    const reproduced = await gather(engine.reproduce(compiled(), pins, 'search'))
    const cases = reproduced.panel.cases.length + Object.values(reproduced.excluded).reduce((a, b) => a + b, 0)
    const examples = Object.values(reproduced.examples ?? {})
    const problems = baselineProblems(reproduced.panel, resolved)
    const excluded = Object.entries(reproduced.excluded).map(([reason, n]) => `${n} ${reason}`)
    const facts = await askable(store, resolved, pins, engine, () => pinnedLimits(compiled(), pins.settings))
    const harness = { settings: pins.settings, replayer: pins.replayer.kind }
    const rows = facts ? preflight(facts, resolved, harness, null) : []
    const ready = problems.length === 0 && facts !== null && rows.every((r) => r.verdict === 'ready')
    const needed = facts && neededOf(rows)
    const verdict = problems.length > 0 ? 'unanswered' : ready ? 'ready' : 'inconclusive'
    print(
      json,
      {
        verdict,
        questions,
        preflight: rows,
        heldout_families: facts?.families ?? null,
        needed_families: needed,
        search_cases: cases,
        excluded: reproduced.excluded,
        examples,
        problems,
      },
      () => [
        ...contractLines(questions),
        `search   ${reproduced.panel.cases.length} of ${cases} cases reproduce under the baseline${excluded.length > 0 ? ` (left out: ${excluded.join(', ')})` : ''}`,
        ...examples.map((e) => `   LEFT OUT ${e}`),
        ...problems.map((p) => `   PROBLEM  ${p}`),
        heldoutLine(facts, needed),
        ...preflightLines(rows),
        `verdict  ${verdict === 'ready' ? 'READY' : verdict === 'inconclusive' ? 'INCONCLUSIVE: a run would search and explain, and spend nothing' : 'UNANSWERED: nothing could be certified on these records'}`,
      ],
    )
    return verdict === 'ready' ? 0 : verdict === 'inconclusive' ? 3 : 2
  } finally {
    opened?.close()
    store?.close()
  }
}

/**
 * What a run would ask or seal now; only its counts are looked at, and nothing is written. Nobody counts in a deployed
 * vault but the sealer: there it is the version that stands, and null where a run would seal one first.
 */
async function askable(
  store: CommandStore,
  target: ResolvedTarget,
  pins: BaselinePins,
  engine: Looking,
  limits: () => Promise<PinnedLimits>,
): Promise<HeldoutVersion | null> {
  if (!isLocal(store)) return await standingVersion(store, target, pins)
  return (
    (await planSeal(store, target, pins, engine, limits)).facts ??
    sealVersion(new Gathered().reproduction(), target, pins, await limits()).facts
  )
}

const heldoutLine = (facts: HeldoutVersion | null, needed: number | null): string =>
  facts === null
    ? 'held out no version is sealed yet, and only a run may look into the vault: it seals one, and asks nothing that is too small to answer'
    : `held out ${facts.families} families (${facts.labelled} labelled), ${facts.questions} question${facts.questions === 1 ? '' : 's'} at level ${facts.alpha_k}; the largest need is ${needed ?? 'beyond any number'}, assuming a clean sheet`
