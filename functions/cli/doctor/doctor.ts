/** `autotune doctor`: is this target ready to run, and can the held-out set answer it? Spends and seals nothing. */
import { betterCage } from '#adapters/local/cage/level.ts'
import { isAnswered, sevenQuestions } from '#core/contract/questions.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { cageOf } from '#core/replay/cage.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { chosenReplayer, openHarness } from '../../embedded/engine.ts'
import type { HarnessEngine } from '../../embedded/harness-engine.ts'
import { readInput } from '../../embedded/read-input.ts'
import { UserError } from '../../errors.ts'
import { parseTarget } from '../../steps/experience/parse-documents.ts'
import { soundDocuments } from '../../steps/experience/sound-documents.ts'
import { drawnBy } from '../../steps/experience/split-rule.ts'
import { replayerOf } from '../../steps/replay/replays.ts'
import { baselineOnly } from '../../steps/replay/reproduce.ts'
import { whatStands } from '../../steps/run/standing.ts'
import { nextCommand } from '../next.ts'
import { isLocal, isStore, openExisting, readerOf, unfinishedOf } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { isDeployed, type StoreOptions } from '../store-options.ts'
import { print } from '../terminal.ts'
import { type Asked, type Found, foundInRecords, foundSealed, type Verdict, verdictOf } from './found.ts'
import { inspectSearch, type Looking } from './look.ts'
import { type Frame, foundChecks, foundTables, unansweredLines } from './text.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly replayer?: string
  readonly cage?: boolean
  readonly concurrency?: number
  readonly limitMs?: number
  /** Every table behind the checks. */
  readonly verbose: boolean
}

/** Exit code: 0 ready, 3 inconclusive, 2 unanswered or refused: what a run of this target would end with. */
export async function doctor({ json, verbose, target: file, replayer: option, ...o }: Options) {
  const { cage, concurrency, limitMs, ...place } = o
  const target = parseTarget(readInput(file), file)
  refuseHarnessOfDeployment(place, target, option)
  const replayer = chosenReplayer(target, file, option)
  const store = isDeployed(place) || isStore(place.store) ? await openExisting(place, terminalProgress()) : null
  let harness: HarnessEngine | null = null
  try {
    if (store && isLocal(store)) await store.unlockVault()
    const reader = store && (await readerOf(store))
    const stopped = (store ? await unfinishedOf(store) : []).filter(
      ({ intent, status }) => intent === target.intent && status === 'interrupted',
    )
    const documents = store ? await soundDocuments(store.objects, target) : { pack: null, suite: null, prices: null }
    const questionsOf = async (whole: boolean) =>
      sevenQuestions({ target, ...documents, ...(store && { standing: await whatStands(store, target, { whole }) }) })
    const questions = await questionsOf(false)
    const frame: Frame = { questions, file, place, stopped, reader }
    if (!store || !isAnswered(questions))
      return unanswered({ ...frame, questions: store ? await questionsOf(true) : questions }, json, verbose)
    const resolved = resolveTarget(target)
    if (replayer !== 'transcript' && isLocal(store))
      harness = await openHarness(store, resolved.intent, { replayer, cage, concurrency, limitMs })
    const engine: Looking = harness ?? baselineOnly(store)
    const pack = documents.pack!
    const pins = {
      tuple: resolved.baseline_tuple,
      settings: pack.settings,
      suite: documents.suite!,
      prices: documents.prices,
      replayer: replayerOf(engine),
      ...(await drawnBy(store)),
    }
    const asked: Asked = { store, target, resolved, pack, pins, engine, stopped }
    const looked = await inspectSearch(store, resolved, pins, harness, pack).catch((error: unknown) => {
      if (error instanceof TamperError) return error
      throw error
    })
    if (looked instanceof TamperError) {
      const [first, ...others] = await questionsOf(true)
      if (first!.missing.length === 0) throw looked
      const changed = { ...first!, missing: [...first!.missing, looked.message] }
      return unanswered({ ...frame, questions: [changed, ...others] }, json, verbose)
    }
    const found = { ...(await foundInRecords(asked, looked)), ...(await foundSealed(asked, looked)) }
    const verdict = verdictOf(found)
    const typed = [
      ...(option ? ['--replayer', option] : []),
      ...(cage === false ? ['--no-cage'] : []),
      ...(concurrency === undefined ? [] : ['--concurrency', String(concurrency)]),
      ...(limitMs === undefined ? [] : ['--limit-ms', String(limitMs)]),
    ]
    const command = (verb: string, ...more: string[]) => nextCommand(place, [verb, '--target', file, ...typed, ...more])
    print(json, { verdict, questions, ...foundJson(asked, found), ...frameJson(frame) }, () => [
      ...(verbose ? foundTables(frame, asked, found) : foundChecks(frame, asked, found)),
      `verdict  ${VERDICTS[verdict]}`,
      ...(verbose ? [] : [`tables   ${command('doctor', '--verbose')}`]),
      ...(verdict === 'ready' ? [`go on    ${command('run')}`] : []),
    ])
    return CODES[verdict]
  } finally {
    harness?.close()
    store?.close()
  }
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  ready: 'READY',
  inconclusive: 'INCONCLUSIVE: a run would search and explain, and spend nothing',
  refused: 'REFUSED: a run would search and explain, and could ask nobody',
  unanswered: 'UNANSWERED: nothing could be certified on these records',
}

const CODES: Readonly<Record<Verdict, number>> = { ready: 0, inconclusive: 3, refused: 2, unanswered: 2 }

function refuseHarnessOfDeployment(place: StoreOptions, { scoring }: TuningTarget, option = 'transcript'): void {
  if (isDeployed(place) && (option !== 'transcript' || scoring?.replayer === 'module'))
    throw new UserError(
      'doctor replays transcripts of a deployment; whether a harness reproduces the baseline is told by a run, or by doctor on a folder',
    )
}

/** Tells what is missing before records are looked at, or could be. */
function unanswered(frame: Frame, json: boolean, verbose: boolean): number {
  const nothing = { preflight: [], heldout_families: null, needed_families: null, problems: [], reasons: [] }
  const tables = { outgrown: [], space: null, rules: [], surfaces: [], suite: [], guardrails: [], certifiable: [] }
  const verdict: Verdict = 'unanswered'
  print(json, { verdict, questions: frame.questions, ...nothing, ...tables, ...frameJson(frame) }, () => [
    ...unansweredLines(frame, verbose),
    'verdict  UNANSWERED: supply what is missing',
  ])
  return CODES[verdict]
}

const frameJson = ({ stopped, reader }: Frame) => ({ interrupted: stopped, vault: reader?.vault ?? null })

function foundJson({ pins }: Asked, found: Found) {
  const { reproduction, verdictsHeld } = found
  const cage = cageOf(pins.replayer) ?? verdictsHeld ?? null
  return {
    preflight: found.rows,
    heldout_families: found.counted?.families ?? null,
    needed_families: found.needed,
    search_cases: found.cases,
    excluded: reproduction.excluded,
    cage,
    better_cage: pins.replayer.kind !== 'transcript' || verdictsHeld ? betterCage() : null,
    examples: Object.values(reproduction.examples ?? {}),
    tracing: found.tracing,
    traces: found.traces,
    near_copies: found.near,
    corrections: found.corrections,
    other_baselines: found.says.memory,
    refusals_not_asked: found.says.refusals,
    heavy: found.heavy,
    ...(reproduction.twice && { twice: reproduction.twice }),
    problems: found.problems,
    reasons: found.refused,
    outgrown: found.others,
    space: found.space,
    rules: found.rules,
    surfaces: found.surfaces,
    suite: found.suite,
    guardrails: found.guardrails,
    certifiable: found.certifiable,
  }
}
