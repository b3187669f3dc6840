/** `autotune doctor`: is this target ready to run, and can the held-out set answer it? Spends and seals nothing. */
import { betterCage } from '#adapters/local/cage/level.ts'
import { Gathered } from '#core/baseline/reproduce.ts'
import { askedTwiceLine } from '#core/baseline/two-answers.ts'
import { keptVerdictNotes } from '#core/contract/kept-verdicts.ts'
import { mixedSuite } from '#core/contract/mixed-suite.ts'
import { isAnswered, type Question, sevenQuestions } from '#core/contract/questions.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { nearCopiesLine, selectionLine } from '#core/experience/trace-selection.ts'
import { certifiable } from '#core/gate/certifiable.ts'
import { guardrailTable } from '#core/gate/guardrail-table.ts'
import { harnessNeed } from '#core/gate/harness-need.ts'
import { labelLines } from '#core/gate/label-wording.ts'
import { neededOf, preflight } from '#core/gate/preflight.ts'
import { sealVersion } from '#core/gate/seal.ts'
import { VAULT_READERS } from '#core/gate/vault-reader.ts'
import { cageOf, cageProblem } from '#core/replay/cage.ts'
import { emptyCallsLine, estimatedLine, ignoredLine, NO_TRACING, tracedLine } from '#core/replay/tracing.ts'
import { spaceSize } from '#core/search/exact-candidates.ts'
import { heavySearch, searchProblems } from '#core/search/search-set.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { chosenReplayer, openHarness } from '../embedded/engine.ts'
import type { HarnessEngine } from '../embedded/harness-engine.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { compileIntent } from '../steps/experience/compile.ts'
import { nearCopiesOf } from '../steps/experience/near-copies-found.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { drawnBy } from '../steps/experience/split-rule.ts'
import { traceSelection } from '../steps/experience/trace-imports.ts'
import { outgrown, outgrownLine } from '../steps/heldout/outgrown.ts'
import { pinnedLimits } from '../steps/heldout/pinned-limits.ts'
import { replayerOf } from '../steps/replay/replays.ts'
import { baselineOnly } from '../steps/replay/reproduce.ts'
import { judgingWith, unaskable, verdictCage } from '../steps/replay/verdicts.ts'
import { whatStands } from '../steps/run/standing.ts'
import { waitingCorrections, waitingLine } from '../steps/run/waiting-corrections.ts'
import { askable, type Looking, lookedAt, refusals } from './doctor-look.ts'
import { asTyped, nextCommand } from './next.ts'
import { isLocal, isStore, openExisting, readerOf, unfinishedOf } from './open.ts'
import { terminalProgress } from './progress.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { contractLines, standsLines } from './text.ts'
import { type Check, checkLines, guardrailChecks, mendOf, questionChecks } from './text-check.ts'
import {
  adviceLines,
  cageTableLines,
  certifiableLines,
  guardrailLines,
  isUnrecorded,
  reachText,
  ruleLines,
  ruleNotes,
  spaceLines,
  spaceText,
  suiteLines,
  surfaceLines,
} from './text-doctor.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly replayer?: string
  readonly cage?: boolean
  /** Every table behind the checks. */
  readonly verbose: boolean
}

/** Exit code: 0 ready, 3 inconclusive, 2 unanswered or refused: what a run of this target would end with. */
export async function doctor({ json, verbose, target: file, replayer: option, cage, ...o }: Options): Promise<number> {
  const target = parseTarget(readInput(file), file)
  if (isDeployed(o) && ((option ?? 'transcript') !== 'transcript' || target.scoring?.replayer === 'module'))
    throw new UserError(
      'doctor replays transcripts of a deployment; whether a harness reproduces the baseline is told by a run, or by doctor on a folder',
    )
  const replayer = chosenReplayer(target, file, option)
  const asAsked = [...(option ? ['--replayer', option] : []), ...(cage === false ? ['--no-cage'] : [])]
  const store = isDeployed(o) || isStore(o.store) ? await openExisting(o, terminalProgress()) : null
  let harness: HarnessEngine | null = null
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
    const stoppedChecks = stopped.flatMap(({ run, where, go_on, give_up }): Check[] => [
      { state: 'note', about: 'stopped', says: `run ${run}: ${where}`, mend: asTyped(go_on) },
      noteOf('give up', asTyped(give_up)),
    ])
    const vaultChecks = reader ? [noteOf('vault', VAULT_READERS[reader.vault])] : []
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
          reasons: [],
          outgrown: [],
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
          ...(verbose
            ? [...contractLines(questions), ...stoppedLines, ...(reader ? [reader.line] : [])]
            : checkLines([...questionChecks(questions, file, o), ...stoppedChecks, ...vaultChecks])),
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
    if (replayer !== 'transcript' && isLocal(store))
      harness = await openHarness(store, resolved.intent, { replayer, cage })
    const engine: Looking = harness ?? baselineOnly(store)
    const pins = { ...baseline, replayer: replayerOf(engine), ...(await drawnBy(store)) }
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
    const kept = keptVerdictNotes(resolved, pins.suite)
    const fields = tunableFields(documents.pack!, resolved.intent, resolved.search_space)
    const space = { ...spaceSize(fields, resolved.max_fields), max_fields: resolved.max_fields }
    const cases = reproduced.panel.cases.length + Object.values(reproduced.excluded).reduce((a, b) => a + b, 0)
    const examples = Object.values(reproduced.examples ?? {})
    const tracing = reproduced.tracing ?? NO_TRACING
    const traces = await traceSelection(store.objects)
    const near = await nearCopiesOf(store.objects, resolved.intent)
    const corrections = await waitingCorrections(store)
    const waiting = waitingLine(corrections)
    const notes = [
      tracedLine(tracing),
      emptyCallsLine(tracing, documents.suite!),
      ignoredLine(tracing, documents.suite!),
    ].filter((line) => line !== null)
    const twice = askedTwiceLine(reproduced.twice)
    const estimated = estimatedLine(tracing)
    const verdict_cage = verdictCage(pins.suite, store.verdicts)
    const caged = cageProblem(target, { replayer: pins.replayer, verdict_cage })
    const unasked = await unaskable(pins.suite, store.verdicts)
    const problems = [
      ...(caged ? [caged] : []),
      ...unasked.map(({ at, why }) => `evaluators[${at}]: ${why}`),
      ...searchProblems(reproduced, resolved, pins.suite, pins.replayer.kind),
    ]
    const heavy = heavySearch(reproduced, resolved)
    const excluded = Object.entries(reproduced.excluded).map(([reason, n]) => `${n} ${reason}`)
    const limits = () => pinnedLimits(compiled(), pins.settings, pins.suite, judgingWith(store?.verdicts, 'search'))
    const facts = await askable(store, resolved, pins, engine, limits)
    // Where nobody is left to ask, an empty version says what it would take.
    const counted =
      facts ??
      (isLocal(store)
        ? sealVersion(new Gathered().reproduction(pins.draw), resolved, pins, await limits()).facts
        : null)
    const changed = { settings: pins.settings, replayer: pins.replayer.kind }
    const rows = counted
      ? [...preflight(counted, resolved, pins.suite, changed, null), ...harnessNeed(reproduced.twice, counted.families)]
      : []
    const guardrails = guardrailTable(rows, resolved, pins.suite)
    const couldCertify = counted ? certifiable(counted, resolved, pins.suite) : []
    const labels = counted ? labelLines(counted) : []
    const others = await outgrown(store, resolved.intent, pins.suite.suite)
    const refused = [
      ...(await refusals(store, resolved.intent, facts, stopped)),
      ...others.filter(({ open }) => open !== null).map(outgrownLine),
    ]
    const isReady = facts !== null && rows.every((r) => r.verdict === 'ready')
    const needed = counted && neededOf(rows)
    const verdict =
      problems.length > 0 ? 'unanswered' : refused.length > 0 ? 'refused' : isReady ? 'ready' : 'inconclusive'
    const checks = (): Check[] => [
      ...questionChecks(questions, file, o),
      ...stoppedChecks,
      {
        state: problems.length > 0 ? 'FAIL' : 'ok',
        about: 'records',
        says: `${reproduced.panel.cases.length} of ${cases} search cases reproduce under the baseline${excluded.length > 0 ? ` (left out: ${excluded.join(', ')})` : ''}; ${reproduced.panel.families} families`,
      },
      ...problems.map((says): Check => ({ state: 'FAIL', about: 'records', says, mend: mendOf(says, o) })),
      ...(twice ? [noteOf('twice', twice)] : []),
      ...(traces ? [noteOf('records', selectionLine(traces))] : []),
      ...(near ? [noteOf('copies', nearCopiesLine(near))] : []),
      ...(waiting ? [noteOf('corrections', waiting)] : []),
      ...notes.map((line) => noteOf('traced', line)),
      ...(estimated ? [noteOf('tokens', estimated)] : []),
      ...(harness || verdict_cage
        ? cageTableLines({ replayer: pins.replayer, verdict_cage }, betterCage()).map((line) =>
            noteOf('caged', line.slice(9)),
          )
        : []),
      ...heavy.map((line) => noteOf('units', line)),
      { state: 'ok', about: 'search', says: spaceText(space) },
      ...surfaces
        .filter((r) => r.inert)
        .map((r) => noteOf('surface', `${r.path} changes nothing in these records (--verbose says where)`)),
      ...surfaces.filter(isUnrecorded).map(
        (r): Check => ({
          ...noteOf('surface', `${r.path} ${reachText(r)}: a run does not search what nobody recorded`),
          ...(isLocal(store) && { mend: nextCommand(o, ['plan', '--target', file]) }),
        }),
      ),
      ...suite.flatMap(({ finding }) => (finding === null ? [] : [noteOf('suite', finding)])),
      ...kept.map((line) => noteOf('limits', line)),
      ...ruleNotes(rules).map((line) => noteOf('rule', line)),
      ...others.filter(({ open }) => open === null).map((one) => noteOf('held out', outgrownLine(one))),
      ...refused.map(
        (says): Check => ({
          state: 'FAIL',
          about: 'held out',
          says,
          mend: mendOf(says, o) ?? nextCommand(o, ['import', 'FILES']),
        }),
      ),
      ...(refused.length > 0 ? [] : [noteOf('held out', heldoutText(counted, needed))]),
      ...labels.map((line) => noteOf('labels', line)),
      ...guardrailChecks(guardrails),
      ...(isReady ? [] : adviceLines(couldCertify, resolved.heldout_share)).map((line) =>
        noteOf('mend', line.trim().replace(/ {2,}/, ' ')),
      ),
      ...vaultChecks,
    ]
    print(
      json,
      {
        verdict,
        questions,
        preflight: rows,
        heldout_families: counted?.families ?? null,
        needed_families: needed,
        search_cases: cases,
        excluded: reproduced.excluded,
        cage: cageOf(pins.replayer) ?? verdict_cage ?? null,
        better_cage: harness || verdict_cage ? betterCage() : null,
        examples,
        tracing,
        traces,
        near_copies: near,
        corrections,
        heavy,
        ...(reproduced.twice && { twice: reproduced.twice }),
        problems,
        reasons: refused,
        outgrown: others,
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
        ...(verbose
          ? [
              ...contractLines(questions),
              ...stoppedLines,
              `search   ${reproduced.panel.cases.length} of ${cases} cases reproduce under the baseline${excluded.length > 0 ? ` (left out: ${excluded.join(', ')})` : ''}`,
              ...examples.map((e) => `   LEFT OUT ${e}`),
              ...(twice ? [`twice    ${twice}`] : []),
              ...(traces ? [`records  ${selectionLine(traces)}`] : []),
              ...(near ? [`copies   ${nearCopiesLine(near)}`] : []),
              ...(waiting ? [`records  ${waiting}`] : []),
              ...notes.map((line) => `traced   ${line}`),
              ...(estimated ? [`tokens   ${estimated}`] : []),
              ...(harness || verdict_cage
                ? cageTableLines({ replayer: pins.replayer, verdict_cage }, betterCage())
                : []),
              `units    ${reproduced.panel.families} families made ${reproduced.panel.cases.length} search decisions`,
              ...heavy.map((line) => `   HEAVY    ${line}`),
              ...problems.map((p) => `   PROBLEM  ${p}`),
              ...spaceLines(space),
              ...ruleLines(rules),
              ...surfaceLines(surfaces),
              ...suiteLines(pins.suite.suite, suite),
              ...kept.map((line) => `limits   ${line}`),
              `held out ${heldoutText(counted, needed)}`,
              ...labels.map((line) => `labels   ${line}`),
              ...others.map((one) => `   OTHER    ${outgrownLine(one)}`),
              ...(reader ? [reader.line] : []),
              ...guardrailLines(guardrails),
              ...certifiableLines(couldCertify, resolved.heldout_share),
              ...refused.map((reason) => `   REFUSED  ${reason}`),
            ]
          : checkLines(checks())),
        `verdict  ${VERDICTS[verdict]}`,
        ...(verbose ? [] : [`tables   ${nextCommand(o, ['doctor', '--target', file, ...asAsked, '--verbose'])}`]),
        ...(verdict === 'ready' ? [`go on    ${nextCommand(o, ['run', '--target', file, ...asAsked])}`] : []),
      ],
    )
    return verdict === 'ready' ? 0 : verdict === 'inconclusive' ? 3 : 2
  } finally {
    harness?.close()
    store?.close()
  }
}

const VERDICTS = {
  ready: 'READY',
  inconclusive: 'INCONCLUSIVE: a run would search and explain, and spend nothing',
  refused: 'REFUSED: a run would search and explain, and could ask nobody',
  unanswered: 'UNANSWERED: nothing could be certified on these records',
} as const

const noteOf = (about: string, says: string): Check => ({ state: 'note', about, says })

const heldoutText = (facts: HeldoutVersion | null, needed: number | null): string =>
  facts === null
    ? 'no version is sealed yet, and only a run may look into the vault: it seals one, and asks nothing that is too small to answer'
    : `${facts.families} families (${facts.labelled} labelled), ${facts.questions} question${facts.questions === 1 ? '' : 's'} at level ${facts.alpha_k}; the largest need is ${needed ?? 'beyond any number'}, assuming a clean sheet`
