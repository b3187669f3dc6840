/** `autotune doctor`: is this target ready to run, and can the held-out set answer it? Spends and seals nothing. */
import { betterCage } from '#adapters/local/cage/level.ts'
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { Gathered } from '#core/baseline/reproduce.ts'
import { askedTwiceLine } from '#core/baseline/two-answers.ts'
import { mixedSuite } from '#core/contract/mixed-suite.ts'
import { isAnswered, type Question, sevenQuestions } from '#core/contract/questions.ts'
import { type ResolvedTarget, resolveTarget } from '#core/contract/resolve.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { selectionLine } from '#core/experience/trace-selection.ts'
import { certifiable } from '#core/gate/certifiable.ts'
import { guardrailTable } from '#core/gate/guardrail-table.ts'
import { harnessNeed } from '#core/gate/harness-need.ts'
import { neededOf, preflight } from '#core/gate/preflight.ts'
import { sealVersion } from '#core/gate/seal.ts'
import { cageOf, cageProblem } from '#core/replay/cage.ts'
import { estimatedLine, ignoredLine, NO_TRACING, tracedLine } from '#core/replay/tracing.ts'
import { baselineRules } from '#core/search/baseline-rules.ts'
import { spaceSize } from '#core/search/exact-candidates.ts'
import { heavySearch, searchProblems } from '#core/search/search-set.ts'
import { surfaceTable } from '#core/search/surface-table.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { HeldoutVersion, PinnedLimits } from '#schemas/heldout.ts'
import type { ContextPack } from '#schemas/pack.ts'
import { chosenReplayer, openHarness } from '../embedded/engine.ts'
import type { ModuleEngine } from '../embedded/module-engine.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import type { ReplayEngine } from '../ports.ts'
import { compileIntent } from '../steps/experience/compile.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { traceSelection } from '../steps/experience/trace-imports.ts'
import { pinnedLimits } from '../steps/heldout/pinned-limits.ts'
import { planSeal, standingVersion } from '../steps/heldout/seal.ts'
import { replayerOf } from '../steps/replay/replays.ts'
import { baselineOnly } from '../steps/replay/reproduce.ts'
import { answered, lookAtSearch } from '../steps/replay/search-look.ts'
import { whatStands } from '../steps/run/standing.ts'
import { type CommandStore, isLocal, isStore, openExisting, readerOf, unfinishedOf } from './open.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { print, terminalProgress } from './terminal.ts'
import { contractLines, standsLines } from './text.ts'
import {
  cageTableLines,
  certifiableLines,
  guardrailLines,
  ruleLines,
  spaceLines,
  suiteLines,
  surfaceLines,
} from './text-doctor.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly replayer?: string
}

/** What a look needs of an engine: it replays baselines and never searches. */
type Looking = Pick<ReplayEngine, 'replayer' | 'reproduce'>

/** Exit code: 0 ready, 3 inconclusive, 2 unanswered. */
export async function doctor({ json, target: file, replayer: option, ...o }: Options): Promise<number> {
  const target = parseTarget(readInput(file), file)
  if (isDeployed(o) && ((option ?? 'transcript') !== 'transcript' || target.scoring?.replayer === 'module'))
    throw new UserError(
      'doctor replays transcripts of a deployment; whether a harness reproduces the baseline is told by a run, or by doctor on a folder',
    )
  const replayer = chosenReplayer(target, file, option)
  const store = isDeployed(o) || isStore(o.store) ? await openExisting(o, terminalProgress()) : null
  let harness: ModuleEngine | null = null
  try {
    if (store && isLocal(store)) await store.unlockVault()
    const reader = store && (await readerOf(store))
    const documents = store ? await soundDocuments(store.objects, target) : { pack: null, suite: null, prices: null }
    const asked = async (whole: boolean) =>
      sevenQuestions({ target, ...documents, ...(store && { standing: await whatStands(store, target, { whole }) }) })
    const unfinished = store ? await unfinishedOf(store) : []
    const stopped = unfinished.filter(({ intent, status }) => intent === target.intent && status === 'interrupted')
    const stoppedLines = stopped.flatMap((found) => [
      `stopped  run ${found.run}`,
      ...standsLines(found).map((line) => `   ${line}`),
    ])
    const unanswered = (questions: readonly Question[]): number => {
      print(
        json,
        {
          verdict: 'unanswered',
          questions,
          preflight: [],
          heldout_families: null,
          needed_families: null,
          problems: [],
          space: null,
          rules: [],
          surfaces: [],
          suite: [],
          guardrails: [],
          certifiable: [],
          interrupted: stopped,
          vault: reader?.vault ?? null,
        },
        () => [
          ...contractLines(questions),
          ...stoppedLines,
          ...(reader ? [reader.line] : []),
          'verdict  UNANSWERED: supply what is missing',
        ],
      )
      return 2
    }
    const questions = await asked(false)
    if (!store || !isAnswered(questions)) return unanswered(store ? await asked(true) : questions)
    const resolved = resolveTarget(target)
    const baseline = {
      tuple: resolved.baseline_tuple,
      settings: documents.pack!.settings,
      suite: documents.suite!,
      prices: documents.prices,
    }
    if (replayer !== 'transcript' && isLocal(store)) harness = await openHarness(store, resolved.intent, { replayer })
    const engine: Looking = harness ?? baselineOnly
    const pins = { ...baseline, replayer: replayerOf(engine) }
    const compiled = () => compileIntent(store, resolved.intent)
    const looked = await lookedAt(store, resolved, pins, harness, documents.pack!).catch((error: unknown) => {
      if (error instanceof TamperError) return error
      throw error
    })
    if (looked instanceof TamperError) {
      const [first, ...others] = await asked(true)
      if (first!.missing.length === 0) throw looked
      return unanswered([{ ...first!, missing: [...first!.missing, looked.message] }, ...others])
    }
    const { reproduction: reproduced, rules, surfaces } = looked
    const suite = mixedSuite(pins.suite)
    const fields = tunableFields(documents.pack!, resolved.intent, resolved.search_space)
    const space = { ...spaceSize(fields, resolved.max_fields), max_fields: resolved.max_fields }
    const cases = reproduced.panel.cases.length + Object.values(reproduced.excluded).reduce((a, b) => a + b, 0)
    const examples = Object.values(reproduced.examples ?? {})
    const tracing = reproduced.tracing ?? NO_TRACING
    const traces = await traceSelection(store.objects)
    const notes = [tracedLine(tracing), ignoredLine(tracing, documents.suite!)].filter((line) => line !== null)
    const twice = askedTwiceLine(reproduced.twice)
    const estimated = estimatedLine(tracing)
    const caged = cageProblem(target, pins.replayer)
    const problems = [
      ...(caged ? [caged] : []),
      ...searchProblems(reproduced, resolved, pins.suite, pins.replayer.kind),
    ]
    const heavy = heavySearch(reproduced, resolved)
    const excluded = Object.entries(reproduced.excluded).map(([reason, n]) => `${n} ${reason}`)
    const facts = await askable(store, resolved, pins, engine, () =>
      pinnedLimits(compiled(), pins.settings, pins.suite),
    )
    const changed = { settings: pins.settings, replayer: pins.replayer.kind }
    const rows = facts
      ? [...preflight(facts, resolved, pins.suite, changed, null), ...harnessNeed(reproduced.twice, facts.families)]
      : []
    const guardrails = guardrailTable(rows, resolved, pins.suite)
    const couldCertify = facts ? certifiable(facts, resolved, pins.suite) : []
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
        cage: cageOf(pins.replayer),
        better_cage: harness ? betterCage() : null,
        examples,
        tracing,
        traces,
        heavy,
        ...(reproduced.twice && { twice: reproduced.twice }),
        problems,
        space,
        rules,
        surfaces,
        suite,
        guardrails,
        certifiable: couldCertify,
        interrupted: stopped,
        vault: reader?.vault ?? null,
      },
      () => [
        ...contractLines(questions),
        ...stoppedLines,
        `search   ${reproduced.panel.cases.length} of ${cases} cases reproduce under the baseline${excluded.length > 0 ? ` (left out: ${excluded.join(', ')})` : ''}`,
        ...examples.map((e) => `   LEFT OUT ${e}`),
        ...(twice ? [`twice    ${twice}`] : []),
        ...(traces ? [`records  ${selectionLine(traces)}`] : []),
        ...notes.map((line) => `traced   ${line}`),
        ...(estimated ? [`tokens   ${estimated}`] : []),
        ...(harness ? cageTableLines(pins.replayer, betterCage()) : []),
        `units    ${reproduced.panel.families} families made ${reproduced.panel.cases.length} search decisions`,
        ...heavy.map((line) => `   HEAVY    ${line}`),
        ...problems.map((p) => `   PROBLEM  ${p}`),
        ...spaceLines(space),
        ...ruleLines(rules),
        ...surfaceLines(surfaces),
        ...suiteLines(pins.suite.suite, suite),
        heldoutLine(facts, needed),
        ...(reader ? [reader.line] : []),
        ...guardrailLines(guardrails),
        ...certifiableLines(couldCertify, resolved.heldout_share),
        `verdict  ${verdict === 'ready' ? 'READY' : verdict === 'inconclusive' ? 'INCONCLUSIVE: a run would search and explain, and spend nothing' : 'UNANSWERED: nothing could be certified on these records'}`,
      ],
    )
    return verdict === 'ready' ? 0 : verdict === 'inconclusive' ? 3 : 2
  } finally {
    harness?.close()
    store?.close()
  }
}

/** The search side under its baseline: who reproduces, what the rules say of the records, and what each surface changes. */
async function lookedAt(
  store: CommandStore,
  { intent, search_space }: ResolvedTarget,
  pins: BaselinePins,
  harness: ModuleEngine | null,
  pack: ContextPack,
) {
  const aside = store.scratch()
  try {
    const look = await lookAtSearch(compileIntent(store, intent), pins, harness, aside.records)
    const { reproduction, panel, records, replays } = look
    const fields = tunableFields(pack, intent, search_space)
    return {
      reproduction,
      rules: await answered(baselineRules(panel, pins.suite, pins.settings), records),
      surfaces: await answered(surfaceTable(fields, panel, pins.settings, replays.view, store.progress), replays),
    }
  } finally {
    aside.close()
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
