/** Recomputes a run from its pinned input, with what its store says beside it: how far that goes, and what comes out otherwise. */
import { baselinePins } from '#core/baseline/baseline.ts'
import { type ThirdLook, ThirdLookCounts } from '#core/baseline/third-look.ts'
import { gateAnswer, noAnswer } from '#core/gate/answer.ts'
import { chainHolds } from '#core/gate/ledger.ts'
import type { RunOutcome } from '#core/outcome.ts'
import { isCode } from '#core/replay/cage.ts'
import { type AutotunePorts, runAutotune } from '#core/run-autotune.ts'
import { writtenIn } from '#core/search/search-set.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Certificate, GateAnswer, LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { asText, digestOfPut } from '../../streams/groups.ts'
import { orNull, readJson, streamLines } from '../../streams/read-object.ts'
import {
  type Asked,
  asOf,
  certifyOnce,
  type RecordedQuestion,
  recordedQuestion,
  scoresOf,
  sealedAnswers,
  wasGivenUp,
} from '../heldout/gate.ts'
import { openSealed } from '../heldout/open-sealed.ts'
import { gather } from '../replay/reproduce.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { AnswersKept, repliedAnswers } from './answers-kept.ts'
import { lookAgain } from './look-again.ts'
import { pinnedLines } from './pinned-input.ts'
import { keepReplays } from './ports.ts'

export type Scope = 'commit' | 'gate' | 'answer' | 'none'

/** A finished run, and what recomputes it. */
interface Recomputing {
  readonly store: Store
  readonly run: AutotuneRun
  /** Digests of the stored files. */
  readonly stored: ReadonlyMap<AutotuneFile, string>
  /** Hears of everything that differs. */
  readonly differs: (file: string, why: string) => void
  readonly engine: ReplayEngine
  /** `closed`: whoever asks may not read a retired version either. */
  readonly vault: 'open' | 'closed'
}

/** A file of a run; null: it is missing, or no such file any more. */
export const soundFile = <T>(store: Pick<Store, 'objects'>, runId: string, file: AutotuneFile): Promise<T | null> =>
  orNull(readJson<T>(store.objects, keys.autotuneRun(runId, file)))

type StoredAnswer = GateAnswer & { asked?: false; ledger_item?: LedgerItem | null }

/** What the store says of the question of a run. */
interface Standing {
  /** `gate.json`; null: it is none. */
  readonly gate: StoredAnswer | null
  /** The question that it answers; null: none was asked. */
  readonly question: number | null
  /** The version's row as it is now; null: there is none. */
  readonly item: LedgerItem | null
  /** Its version is retired, and whoever may read the vault may score it again. */
  readonly open: boolean
}

/** What is looked at beside the bytes, where code or a model answered. */
interface Beside {
  readonly looked: ThirdLookCounts
  /** Null: no model was asked. */
  readonly answers: AnswersKept | null
  /** What the gate would say now, where that is otherwise; null: the same. */
  finding: string | null
}

export async function recompute(
  from: Recomputing,
): Promise<{ readonly scope: Scope; readonly look: ThirdLook | null }> {
  const { store, run, stored, differs, engine, vault } = from
  const standing = await standingOf(from)
  const cases = await pinnedLines(store, run).catch((error: Error) => {
    differs('search set', error.message)
    return null
  })
  if (!cases) return { scope: 'none', look: null }
  const beside: Beside = {
    looked: new ThirdLookCounts(),
    answers: engine.live ? new AnswersKept(engine.live) : null,
    finding: null,
  }
  // A run of an earlier version kept no answers of its harness: it is recomputed from what the harness says now.
  const replies = stored.has('harness-replies.jsonl') ? engine.replies : undefined
  const kept = () => streamLines(store.objects, keys.autotuneRun(run.run_id, 'harness-replies.jsonl'))
  if (replies) {
    await replies.hold(kept(), (asked) => beside.looked.add(asked.of, asked.otherwise))
    await beside.answers?.look(repliedAnswers(kept()), null)
  }
  const outcome = await runAutotune(run, {
    reproduce: () => gather(engine.reproduce(cases, baselinePins(run), 'search'), run.draw, writtenIn(run)),
    pin: async () => {},
    async search(_run, input) {
      const searched = await keepReplays(engine.search(input), readToEnd)
      return replies ? { ...searched, replies: await digestOfPut(asText(replies.lines()), readToEnd) } : searched
    },
    ledgerItem: async () => itemBefore(standing),
    ask: (_run, commit, { committed }) => askedAgain(from, standing, beside, commit, committed),
  } satisfies AutotunePorts).catch((error: unknown) => {
    if (!replies || !(error instanceof UserError)) throw error
    differs('harness-replies.jsonl', error.message)
    return null
  })
  const gone = beside.answers?.problem() ?? null
  if (gone !== null) differs('answers of the model', gone)
  if (outcome === null) return { scope: 'none', look: null }
  compare(outcome, stored, differs)
  const scope = standing.question === null || !standing.open ? 'commit' : vault === 'open' ? 'gate' : 'answer'
  return { scope, look: engine.replayer && engine.asksAgain !== false ? beside.looked.result(beside.finding) : null }
}

async function standingOf({ store, run, differs }: Recomputing): Promise<Standing> {
  const stands = await soundFile<StoredAnswer>(store, run.run_id, 'gate.json')
  // What names no question and does not say that none was asked is no answer; that its bytes are others is told already.
  const gate = stands && (stands.asked === false || Number.isInteger(stands.question)) ? stands : null
  const heldout = run.heldout_test_set
  const item = heldout && (await store.table.get<LedgerItem>(...rowKeys.version(heldout.intent, heldout.version)))?.body
  if (heldout && !item) differs('ledger', `version ${heldout.version.slice(0, 15)} is not in it`)
  if (item && !chainHolds(item)) differs('ledger', `the chain of version ${item.version.slice(0, 15)} is broken`)
  return {
    gate,
    question: gate && gate.asked === undefined ? gate.question : null,
    item: item ?? null,
    open: ['passed', 'exhausted', 'suite_changed', 'resplit'].includes(item?.retired ?? ''),
  }
}

/** The ledger's row as it was before the question. */
const itemBefore = ({ gate, question, item }: Standing): LedgerItem | null =>
  question === null ? (gate?.ledger_item ?? null) : item ? asOf(item, question - 1) : null

/** The answer to the question of a run: scored again where its version is open, else as the ledger has it. */
async function askedAgain(
  from: Recomputing,
  { gate, question, item, open }: Standing,
  beside: Beside,
  commit: string,
  committed: readonly CandidateChange[],
): Promise<Asked> {
  const { store, differs, vault } = from
  if (!item || question === null) return { refused: 'no question was asked' }
  const asked = item.history.find((q) => q.k === question)
  if (asked?.commit !== commit) {
    differs('gate.json', `question ${question} was asked under another commit than the one recomputed`)
    return { refused: 'another commit' }
  }
  const no = { answer: noAnswer(item.version, question), item: asOf(item, question) }
  if (open && vault === 'closed') {
    if (asked.answer !== gate!.certified) differs('gate.json', 'the ledger does not hold this answer')
    return asked.answer ? { ...no, answer: gate! } : no
  }
  if (!open || (asked.answer === false && (await wasGivenUp(store, item.version, question)))) {
    if (asked.answer !== false) differs('gate.json', 'the ledger does not hold this answer')
    return no
  }
  const scored = await scoredAgain(from, item, question, beside, committed)
  if ('refused' in scored) return scored
  const { certificates, recorded } = scored
  // A "no" to code that gave two answers stands by its record: another replay may well give one.
  if (certificates === null) {
    if (asked.answer === true) differs('sealed log', `its scores of question ${question} do not say yes`)
    return no
  }
  const by = {
    // An answer of an earlier version holds no digest of the scores behind it.
    scored: recorded && gate?.certified && gate.scored !== undefined ? recorded.digest : undefined,
    live: recorded?.live,
  }
  return { ...no, answer: gateAnswer(item.version, question, commit, certificates, item.alpha_k, by) }
}

/** Certificates of the committed list over the sealed set: of the scores on record where code answered, else scored anew. */
async function scoredAgain(
  { store, run, differs, engine }: Recomputing,
  item: LedgerItem,
  question: number,
  beside: Beside,
  list: readonly CandidateChange[],
): Promise<
  | { readonly certificates: Certificate[] | null; readonly recorded: RecordedQuestion | null }
  | { readonly refused: string }
> {
  const sealed = await openSealed(store, item.intent, item.version).catch((error: Error) => {
    differs('sealed set', error.message)
    return null
  })
  if (!sealed) return { refused: 'the sealed set was changed' }
  if (!isCode(run.replayer)) {
    const certificates = await certifyOnce(run, list, sealed.panel, (change, pass) =>
      scoresOf(engine.score(sealed.lines(), run, change, pass)),
    )
    return { certificates, recorded: null }
  }
  const recorded = await recordedQuestion(store, run, list, question, sealed.panel)
  if (recorded?.certificates) {
    await beside.answers?.look(sealedAnswers(store, run, list, question), { version: item.version, question })
    beside.finding = await lookAgain(engine, run, list, sealed, recorded, question, beside.looked)
  }
  return { certificates: recorded.certificates, recorded }
}

function compare({ artifacts }: RunOutcome, stored: Recomputing['stored'], differs: Recomputing['differs']): void {
  for (const { file, digest } of artifacts) if (stored.get(file) !== digest) differs(file, 'recomputed bytes differ')
  for (const file of stored.keys())
    if (!artifacts.some((a) => a.file === file)) differs(file, 'the recomputed run leaves no such file')
}

/** A verification writes nothing: only the digest is of interest. */
async function readToEnd(text: AsyncIterable<string>): Promise<void> {
  for await (const _ of text);
}
