/**
 * Recomputes a run from its pinned inputs and compares bytes; where a harness of the user's own replayed, from what it
 * answered then, and it is asked again beside that. Opens nothing in the vault while the version lives.
 */
import { baselinePins } from '#core/baseline/baseline.ts'
import { deniedBy, isDenied, Looked, type ThirdLook } from '#core/baseline/third-look.ts'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { gateAnswer, noAnswer } from '#core/gate/answer.ts'
import { chainHolds } from '#core/gate/ledger.ts'
import { otherRules } from '#core/gate/rules.ts'
import { STANDS_AGAIN, type Tombstone } from '#core/heads/erasures.ts'
import { isCode } from '#core/replay/cage.ts'
import { runAutotune } from '#core/run-autotune.ts'
import { writtenIn } from '#core/search/search-set.ts'
import { Id } from '#schemas/common.ts'
import type { GateAnswer, LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { AUTOTUNE_FILES, type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { asText, digestOfPut } from '../../streams/groups.ts'
import { digestOfObject, orNull, readJson, readText, streamLines } from '../../streams/read-object.ts'
import { asOf, certifyOnce, recordedQuestion, scoresOf, sealedAnswers, wasGivenUp } from '../heldout/gate.ts'
import { openSealed } from '../heldout/open-sealed.ts'
import { replayerOf } from '../replay/replays.ts'
import { gather } from '../replay/reproduce.ts'
import { unaskable } from '../replay/verdicts.ts'
import { erasuresOf } from '../store/erasures.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { AnswersKept, repliedAnswers } from './answers-kept.ts'
import { lookAgain } from './look-again.ts'
import { pinnedLines } from './pinned-input.ts'
import { keepReplays } from './ports.ts'

type Scope = 'commit' | 'gate' | 'answer' | 'none'

export interface Verification {
  readonly run: string
  /** null: nobody can tell any more, because recorded runs that it stands on were erased. */
  readonly reproducible: boolean | null
  /** How far the recomputation went; `answer`: to the end, with the answer as the ledger has it, for want of a vault. */
  readonly scope: Scope
  /** Files that differ, with why; empty when reproducible. */
  readonly differences: readonly { readonly file: string; readonly why: string }[]
  /** Of a run that a harness replayed and that was recomputed. */
  readonly third_look?: ThirdLook
  /** False: the harness is not here, and was not asked again; absent: it was, or none replayed. */
  readonly asked_again?: false
  /** Who had runs erased that it stands on; absent: nobody. */
  readonly erased?: readonly Tombstone[]
}

/** What a finished run pinned, to know what it takes to recompute it; null when that cannot be read. */
export async function pinnedRun(store: Pick<Store, 'objects'>, runId: string): Promise<AutotuneRun | null> {
  if (!Id.safeParse(runId).success) return null
  const text = await readText(store.objects, keys.autotuneRun(runId, 'target.json'))
  const manifest = await soundFile<RunManifest>(store, runId, 'manifest.json')
  return text !== null && manifest?.artifacts?.['target.json'] === digestOfBytes(text)
    ? await soundFile<AutotuneRun>(store, runId, 'target.json')
    : null
}

/**
 * Verifies a finished run. Throws UserError when there is no such run.
 *
 * @param vault `closed`: whoever asks may not read a retired version either
 */
export async function verifyRun(
  store: Store,
  runId: string,
  engine: ReplayEngine,
  vault: 'open' | 'closed' = 'open',
): Promise<Verification> {
  const differences: { file: string; why: string }[] = []
  const differs = (file: string, why: string) => differences.push({ file, why })
  const manifestText = !Id.safeParse(runId).success
    ? null
    : await readText(store.objects, keys.autotuneRun(runId, 'manifest.json'))
  if (manifestText === null)
    throw new UserError(`no finished run "${runId}" in this store; "autotune list" shows what there is`)
  const manifest = await soundFile<RunManifest>(store, runId, 'manifest.json')
  const { digest, ...body } = manifest ?? ({ artifacts: {} } as RunManifest)
  if (!manifest || digest !== digestOf(body) || `${canonical(manifest)}\n` !== manifestText)
    differs('manifest.json', 'its digest does not cover its content')
  const stored = new Map<AutotuneFile, string>()
  const erasures = await erasuresOf(store)
  const tombstones = new Map<string, Tombstone>()
  /** Did an erasure leave this? What it took and stands all the same is a difference. */
  const isErased = (file: string, was: string, found: string | null): boolean => {
    if (found !== null && erasures.isGone(found)) differs(file, `it ${STANDS_AGAIN}`)
    const by = erasures.explains(was, found)
    if (by) tombstones.set(canonical(by), by)
    return by !== null
  }
  for (const file of AUTOTUNE_FILES) {
    if (file === 'manifest.json') continue
    const found = await digestOfObject(store.objects, keys.autotuneRun(runId, file))
    const expected = manifest?.artifacts?.[file]
    if (found !== null) stored.set(file, found)
    if (expected !== undefined && isErased(file, expected, found)) continue
    if (found === null && expected) differs(file, 'it is missing')
    else if (found !== null && manifest && !expected) differs(file, 'the manifest does not know it')
    else if (found !== null && expected !== undefined && found !== expected)
      differs(file, 'its bytes differ from the digest in manifest.json')
  }
  const run = await soundFile<AutotuneRun>(store, runId, 'target.json')
  if (!run || differences.some((d) => d.file === 'target.json'))
    return { run: runId, reproducible: false, scope: 'none', differences }
  const set = run.search_set.digest
  const stands = erasures.isGone(set) && (await store.objects.read(keys.goldensAt(run.target.intent!, set))) !== null
  isErased('search set', set, stands ? set : null)
  if (run.heldout_test_set) isErased('sealed set', run.heldout_test_set.version, null)
  if (tombstones.size > 0) {
    const erased = [...tombstones.values()]
    return { run: runId, reproducible: differences.length > 0 ? false : null, scope: 'none', differences, erased }
  }
  const madeBy = otherRules(run)
  if (madeBy) throw new UserError(`run ${runId} was made by version ${madeBy}: verify it with that version`)
  const [unasked] = await unaskable(run.evaluator_suite, store.verdicts)
  const other = otherReplayer(run, engine) ?? unasked?.why ?? null
  if (other) differs('replayer', other)
  const { scope, look } = other
    ? { scope: 'none' as const, look: null }
    : await recompute(store, run, stored, differs, engine, vault)
  if (look && isDenied(look)) differs('replayer', deniedBy(look))
  const unique = [...new Map(differences.map((d) => [d.file, d])).values()]
  const verified = {
    run: runId,
    reproducible: unique.length === 0,
    scope,
    differences: unique,
    ...(engine.asksAgain === false && { asked_again: false as const }),
  }
  return look ? { ...verified, third_look: look } : verified
}

/** A harness on a machine, by its kind. */
const OWN = { module: 'module', exec: 'program' } as const

/** Why an engine cannot recompute a run: it replays with something else than the run pinned. */
function otherReplayer({ replayer = { kind: 'transcript' } }: AutotuneRun, engine: ReplayEngine): string | null {
  const given = replayerOf(engine)
  if (replayer.kind === 'transcript')
    return given.kind === 'transcript' ? null : 'the run pinned the transcript replayer'
  if (replayer.kind === 'lambda' && canonical(given) !== canonical(replayer))
    return `the run pinned the function ${replayer.function_arn}, which only its deployment calls`
  if (replayer.kind === 'lambda') return null
  if (given.kind !== replayer.kind) return `the run pinned the ${OWN[replayer.kind]} ${replayer.path}`
  return given.digest === replayer.digest
    ? null
    : `${given.path} is now ${given.digest.slice(0, 19)}, the run pinned ${replayer.digest.slice(0, 19)}: restore the ${OWN[replayer.kind]} and its files`
}

/** A file of a run; null: it is missing, or no such file any more. */
const soundFile = <T>(store: Pick<Store, 'objects'>, runId: string, file: AutotuneFile): Promise<T | null> =>
  orNull(readJson<T>(store.objects, keys.autotuneRun(runId, file)))

async function recompute(
  store: Store,
  run: AutotuneRun,
  /** Digests of the stored files. */
  stored: ReadonlyMap<AutotuneFile, string>,
  differs: (file: string, why: string) => void,
  engine: ReplayEngine,
  vault: 'open' | 'closed',
): Promise<{ readonly scope: Scope; readonly look: ThirdLook | null }> {
  const stands = await soundFile<GateAnswer & { asked?: false; ledger_item?: LedgerItem | null }>(
    store,
    run.run_id,
    'gate.json',
  )
  // What names no question and does not say that none was asked is no answer; that its bytes are others is told already.
  const gate = stands && (stands.asked === false || Number.isInteger(stands.question)) ? stands : null
  const heldout = run.heldout_test_set
  const item = heldout && (await store.table.get<LedgerItem>(...rowKeys.version(heldout.intent, heldout.version)))?.body
  if (heldout && !item) differs('ledger', `version ${heldout.version.slice(0, 15)} is not in it`)
  if (item && !chainHolds(item)) differs('ledger', `the chain of version ${item.version.slice(0, 15)} is broken`)
  const question = gate && gate.asked === undefined ? gate.question : null
  const open = ['passed', 'exhausted', 'suite_changed', 'resplit'].includes(item?.retired ?? '')
  const cases = await pinnedLines(store, run).catch((error: Error) => {
    differs('search set', error.message)
    return null
  })
  if (!cases) return { scope: 'none', look: null }
  const looked = new Looked()
  const answers = engine.live ? new AnswersKept(engine.live) : null
  let finding: string | null = null
  const { replies } = engine
  // A run of an earlier version kept no answers of its harness: it is recomputed from what the harness says now.
  const holds = replies !== undefined && stored.has('harness-replies.jsonl')
  if (holds)
    await replies.hold(streamLines(store.objects, keys.autotuneRun(run.run_id, 'harness-replies.jsonl')), (asked) =>
      looked.add(asked.of, asked.otherwise),
    )
  const recomputing = runAutotune(run, {
    reproduce: () => gather(engine.reproduce(cases, baselinePins(run), 'search'), run.draw, writtenIn(run)),
    pin: async () => {},
    async search(_run, input) {
      const searched = await keepReplays(engine.search(input), readToEnd)
      return holds ? { ...searched, replies: await digestOfPut(asText(replies.lines()), readToEnd) } : searched
    },
    ledgerItem: async () => (question === null ? (gate?.ledger_item ?? null) : item ? asOf(item, question - 1) : null),
    async ask(_run, commit, found) {
      if (!item || question === null) return { refused: 'no question was asked' }
      const asked = item.history.find((q) => q.k === question)
      if (asked?.commit !== commit) {
        differs('gate.json', `question ${question} was asked under another commit than the one recomputed`)
        return { refused: 'another commit' }
      }
      if (open && vault === 'closed') {
        if (asked.answer !== gate!.certified) differs('gate.json', 'the ledger does not hold this answer')
        return { answer: asked.answer ? gate! : noAnswer(item.version, question), item: asOf(item, question) }
      }
      if (!open || (asked.answer === false && (await wasGivenUp(store, item.version, question)))) {
        if (asked.answer !== false) differs('gate.json', 'the ledger does not hold this answer')
        return { answer: noAnswer(item.version, question), item: asOf(item, question) }
      }
      const sealed = await openSealed(store, item.intent, item.version).catch((error: Error) => {
        differs('sealed set', error.message)
        return null
      })
      if (!sealed) return { refused: 'the sealed set was changed' }
      const list = found.committed
      const recorded = isCode(run.replayer) ? await recordedQuestion(store, run, list, question, sealed.panel) : null
      const certificates = recorded
        ? recorded.certificates
        : await certifyOnce(run, list, sealed.panel, (change, pass) =>
            scoresOf(engine.score(sealed.lines(), run, change, pass)),
          )
      // A "no" to code that gave two answers stands by its record: another replay may well give one.
      if (certificates === null) {
        if (asked.answer === true) differs('sealed log', `its scores of question ${question} do not say yes`)
        return { answer: noAnswer(item.version, question), item: asOf(item, question) }
      }
      if (answers) await answers.look(sealedAnswers(store, run, list, question), { version: item.version, question })
      if (recorded) finding = await lookAgain(engine, run, list, sealed, recorded, question, looked)
      // An answer of an earlier version holds no digest of the scores behind it.
      const scored = recorded && gate?.certified && gate.scored !== undefined ? recorded.digest : undefined
      return {
        answer: gateAnswer(item.version, question, commit, certificates, item.alpha_k, {
          scored,
          live: recorded?.live,
        }),
        item: asOf(item, question),
      }
    },
  })
  if (answers && holds)
    await answers.look(
      repliedAnswers(streamLines(store.objects, keys.autotuneRun(run.run_id, 'harness-replies.jsonl'))),
      null,
    )
  const outcome = await recomputing.catch((error: unknown) => {
    if (!holds || !(error instanceof UserError)) throw error
    differs('harness-replies.jsonl', error.message)
    return null
  })
  const gone = answers?.problem() ?? null
  if (gone !== null) differs('answers of the model', gone)
  if (outcome === null) return { scope: 'none', look: null }
  for (const { file, digest } of outcome.artifacts)
    if (stored.get(file) !== digest) differs(file, 'recomputed bytes differ')
  for (const file of stored.keys())
    if (!outcome.artifacts.some((a) => a.file === file)) differs(file, 'the recomputed run leaves no such file')
  const scope = question === null || !open ? 'commit' : vault === 'open' ? 'gate' : 'answer'
  return { scope, look: engine.replayer && engine.asksAgain !== false ? looked.result(finding) : null }
}

/** A verification writes nothing: only the digest is of interest. */
async function readToEnd(text: AsyncIterable<string>): Promise<void> {
  for await (const _ of text);
}
