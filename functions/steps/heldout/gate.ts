/**
 * The gate: reserves the question by one conditional write before a sealed byte is read, scores every case of every
 * listed candidate, twice where code replays, and answers with one bit. A killed gate is resumed by the next start of that
 * run.
 */
import { canonical, digestOf, readBack } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import type { Panel } from '#core/evaluate/panel.ts'
import { gateAnswer, noAnswer } from '#core/gate/answer.ts'
import { certificateOf } from '#core/gate/certify.ts'
import { answerQuestion, openQuestion } from '#core/gate/ledger.ts'
import { type LiveArms, liveArms } from '#core/gate/live-arms.ts'
import { baselineHolds, besideBaseline, panelUnder, passesHold } from '#core/gate/passes.ts'
import { type AnsweredScore, type CaseScore, Scores } from '#core/gate/score.ts'
import { AnswerTally, type AskedAnswer, isOfSeveral } from '#core/live/asked-answers.ts'
import { harnessBehind } from '#core/replay/by-construction.ts'
import { isCode, liveOf } from '#core/replay/cage.ts'
import type { Series } from '#core/statistics/series.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Certificate, GateAnswer, LedgerItem, LiveEvidence } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { LedgerRow, Pass, ReplayEngine, Store } from '../../ports.ts'
import { allOf, asText, inColumns } from '../../streams/groups.ts'
import { digestOfObject, readJson, streamValues } from '../../streams/read-object.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { openSealed, type SealedSet } from './open-sealed.ts'
import { chargeYear, dischargeYear } from './year.ts'

/** Whoever scores sealed lines. */
type Scorer = Pick<ReplayEngine, 'score' | 'scoreTogether'>

export type Asked = { readonly answer: GateAnswer; readonly item: LedgerItem } | { readonly refused: string }

/** Asks the sealed set about an ordered list under a commit. Resumes the question that this commit opened. */
export async function askGate(
  store: Store,
  run: AutotuneRun,
  commit: string,
  list: readonly CandidateChange[],
  engine: Scorer,
): Promise<Asked> {
  const reserved = await reserveQuestion(store, run, commit)
  if ('asked' in reserved) return reserved.asked
  const { open } = reserved
  const { intent, version } = open.body
  const heads = store.scratch()
  try {
    const sealed = await openSealed(store, intent, version, heads.records)
    return await close(store, open, commit, await computedAnswer(store, run, open.body, list, engine, sealed))
  } finally {
    heads.close()
  }
}

/**
 * Scores the open question and seals its answer in the vault, where it waits until it is due. Does nothing when the
 * question has been answered meanwhile; what is sealed already stands.
 * @param opened the sealed version, held to what was sealed
 */
export async function sealAnswer(
  store: Store,
  run: AutotuneRun,
  commit: string,
  list: readonly CandidateChange[],
  engine: Scorer,
  opened: () => Promise<SealedSet>,
): Promise<void> {
  const row = await store.table.get<LedgerItem>(...rowKeys.version(run.target.intent!, run.heldout_test_set!.version))
  if (row?.body.open?.commit !== commit) return
  const answer = await computedAnswer(store, run, row.body, list, engine, await opened())
  await store.vault.putIfAbsent(logKey(row.body.version, row.body.open.k, 'answer.json'), canonical(answer))
}

/**
 * Publishes the sealed answer of a commit's question. What is not sealed by now is a "no" for good; a question that was
 * never opened is opened only to be answered so: a crash before the reservation spends it too.
 */
export async function publishAnswer(store: Store, run: AutotuneRun, commit: string): Promise<Asked> {
  const reserved = await reserveQuestion(store, run, commit)
  if ('asked' in reserved) return reserved.asked
  const { version, open } = reserved.open.body
  const sealed = await store.vault.get(logKey(version, open!.k, 'answer.json'))
  if (!sealed) await store.vault.put(logKey(version, open!.k, 'given-up.json'), canonical({ run_id: run.run_id }))
  return await close(store, reserved.open, commit, noAnswer(version, open!.k))
}

/** Answer of the open question of an item, from the scores of its whole list. */
async function computedAnswer(
  store: Store,
  run: AutotuneRun,
  { version, open, alpha_k }: LedgerItem,
  list: readonly CandidateChange[],
  engine: Scorer,
  sealed: SealedSet,
): Promise<GateAnswer> {
  const { k, commit } = open!
  const certificates = await scoreList(store, run, list, k, engine, sealed)
  const live = await liveEvidence(store, run, list, k)
  if (certificates === null || isOfSeveral(live)) return noAnswer(version, k)
  const scored = isCode(run.replayer) ? await scoredDigest(store, version, k, list) : undefined
  return gateAnswer(version, k, commit, certificates, alpha_k, { scored, live })
}

/** Answers of a model that a question stands on: those of the first pass, over both arms. Undefined: none was asked live. */
async function liveEvidence(
  store: Store,
  run: AutotuneRun,
  list: readonly CandidateChange[],
  question: number,
): Promise<LiveEvidence | undefined> {
  const pin = liveOf(run.replayer)
  if (!pin) return undefined
  const tally = new AnswerTally()
  for await (const answer of sealedAnswers(store, run, list, question)) tally.add([answer])
  return tally.evidence(pin)
}

/** Those answers, in the order of the log. */
export async function* sealedAnswers(
  store: Store,
  run: AutotuneRun,
  list: readonly CandidateChange[],
  question: number,
): AsyncGenerator<AskedAnswer> {
  const { version } = run.heldout_test_set!
  for (const change of [null, ...list]) {
    const key = logKey(version, question, scoresFile(list, change, 'first'))
    for await (const { answers = [] } of streamValues<AnsweredScore>(store.vault, key)) yield* answers
  }
}

/** Opens the question of a commit, or finds it open or answered already. Reads no sealed case. */
export async function reserveQuestion(
  store: Store,
  run: AutotuneRun,
  commit: string,
): Promise<{ readonly asked: Asked } | { readonly open: LedgerRow<LedgerItem> }> {
  const [pk, sk] = rowKeys.version(run.target.intent!, run.heldout_test_set!.version)
  const row = await store.table.get<LedgerItem>(pk, sk)
  if (!row)
    throw new UserError(
      `the ledger lacks version ${sk.slice(0, 15)} of ${run.target.intent}, which run ${run.run_id} pinned: it was put back to an older copy. Restore the newest one. No question was asked`,
    )
  const known = row.body.history.find((q) => q.commit === commit)
  if (known?.answer != null) return { asked: await answered(store, row.body, known.k, commit) }
  if (!known) {
    const opened = openQuestion(row.body, commit, run.run_id)
    if ('refused' in opened) return { asked: opened }
    const spent = await chargeYear(store, row.body, { commit, run_id: run.run_id })
    if (spent) return { asked: { refused: spent } }
    if (!(await store.table.spend(pk, sk, row.revision, opened.next, questionOf(opened.next, 'opened')))) {
      await dischargeYear(store, commit)
      return { asked: { refused: 'another run opened a question at the same moment. Start the run again' } }
    }
  }
  return { open: (await store.table.get<LedgerItem>(pk, sk))! }
}

/** Answers "no" to the open question of a run that will not be resumed. */
export async function abandonQuestion(store: Store, intent: string, runId: string): Promise<GateAnswer | null> {
  for await (const row of store.table.query<LedgerItem>(rowKeys.versions(intent))) {
    const { open, version } = row.body
    if (open?.run_id !== runId) continue
    const answer = noAnswer(version, open.k)
    // Also over an answer that was sealed but never recorded: nobody has read it, and "no" is what giving up means.
    await store.vault.put(logKey(version, open.k, 'given-up.json'), canonical({ run_id: runId }))
    await store.vault.put(logKey(version, open.k, 'answer.json'), canonical(answer))
    const closed = await close(store, row, open.commit, answer)
    return 'answer' in closed ? closed.answer : null
  }
  return null
}

/** Did this run open a question that nobody answered yet? */
export const hasOpenQuestion = async (
  { table }: Pick<Store, 'table'>,
  intent: string,
  runId: string,
): Promise<boolean> =>
  (await Array.fromAsync(table.query<LedgerItem>(rowKeys.versions(intent)))).some(
    ({ body }) => body.open?.run_id === runId,
  )

/** Was this question answered "no" because its run was given up? Part of the sealed log: read after retirement only. */
export const wasGivenUp = async (store: Store, version: string, question: number): Promise<boolean> =>
  (await store.vault.get(logKey(version, question, 'given-up.json'))) !== null

const logKey = (version: string, question: number, file: string): string => `${keys.gateLog(version, question)}${file}`

/** The sealed answer is written first, then the ledger says that it is there: a crash between the two is resumed. */
async function close(store: Store, row: LedgerRow<LedgerItem>, commit: string, computed: GateAnswer): Promise<Asked> {
  const key = logKey(row.body.version, row.body.open!.k, 'answer.json')
  // It names every case that changed: parsed again, each of those names would be there twice.
  const { text, again } = readBack(computed)
  const answer = (await store.vault.putIfAbsent(key, text)) ? again : (await readJson<GateAnswer>(store.vault, key))!
  const next = answerQuestion(row.body, commit, answer.certified)
  if ('refused' in next) return next
  if (await store.table.spend(row.pk, row.sk, row.revision, next.next, questionOf(next.next, 'answered')))
    return { answer, item: next.next }
  return { refused: 'the question was answered by another process. Start the run again to read its answer' }
}

/** The last question of an item, for people. */
const questionOf = ({ intent, version, history }: LedgerItem, act: 'opened' | 'answered'): string =>
  `question ${history.at(-1)!.k} of ${intent} ${version.slice(0, 15)}, ${act} by run ${history.at(-1)!.run_id}`

async function answered(store: Store, item: LedgerItem, k: number, commit: string): Promise<Asked> {
  const bit = item.history.find((q) => q.k === k)!.answer!
  if (!bit) return { answer: noAnswer(item.version, k), item: asOf(item, k) }
  const answer = await readJson<GateAnswer>(store.vault, logKey(item.version, k, 'answer.json'))
  return answer
    ? { answer, item: asOf(item, k) }
    : { refused: `the sealed answer of question ${k} (${commit.slice(0, 15)}) is missing from the vault` }
}

/** The item as it stood when question k was answered (0: when it was sealed): a rerun prints what was true then. */
export function asOf(item: LedgerItem, k: number): LedgerItem {
  const history = item.history.filter((q) => q.k <= k)
  const last = history.at(-1)
  const retired = last?.answer ? 'passed' : k >= item.questions ? 'exhausted' : null
  return { ...item, used: k, open: null, history, retired, chain: last?.chain ?? item.chain }
}

/**
 * Certificates in committed order; null: code that replays answered some case in two ways, or failed on one. Every case of
 * every candidate is scored, by code twice and its baseline too, whatever came of those before: time would tell else. A
 * recorded score is never taken again.
 */
async function scoreList(
  store: Store,
  run: AutotuneRun,
  list: readonly CandidateChange[],
  question: number,
  engine: Scorer,
  sealed: SealedSet,
): Promise<Certificate[] | null> {
  const facts = run.heldout_test_set!
  if (engine.scoreTogether && !isCode(run.replayer)) await scoreAtOnce(engine.scoreTogether)
  const score: Scoring = async (change, pass) => {
    const key = logKey(facts.version, question, scoresFile(list, change, pass))
    const recorded = await recordedScores(store, key)
    if (recorded.length > 0) return recorded
    const at = change === null ? 0 : list.indexOf(change) + 1
    store.progress(`scoring ${at} of ${list.length} on ${facts.cases} sealed cases`)
    await store.vault.putIfAbsent(key, asText(scoreTexts(engine.score(sealed.lines(), run, change, pass, question))))
    return await recordedScores(store, key)
  }
  return isCode(run.replayer)
    ? await certifyTwice(run, list, sealed.panel, score)
    : await certifyOnce(run, list, sealed.panel, score)

  /** Records what is not recorded yet, with each sealed line read once. */
  async function scoreAtOnce(together: NonNullable<Scorer['scoreTogether']>): Promise<void> {
    const keyOf = (change: CandidateChange) => logKey(facts.version, question, scoresFile(list, change, 'first'))
    const missing: CandidateChange[] = []
    for (const change of list) if ((await recordedScores(store, keyOf(change))).length === 0) missing.push(change)
    if (missing.length === 0) return
    store.progress(`scoring ${missing.length} of ${list.length} on ${facts.cases} sealed cases`)
    const columns = inColumns(together(sealed.lines(), run, missing), missing.length)
    await allOf(columns.map((scores, i) => store.vault.putIfAbsent(keyOf(missing[i]!), asText(scoreTexts(scores)))))
  }
}

/** Scores of a listed candidate, or, null, of the baseline. */
type Scoring = (change: CandidateChange | null, pass: Pass) => Promise<Series<CaseScore>>

/** Certificates of a list of which everything is scored once: by the records, or by code that a verification asks again. */
export async function certifyOnce(
  run: AutotuneRun,
  list: readonly CandidateChange[],
  panel: Panel,
  score: Scoring,
): Promise<Certificate[]> {
  const baseline = isCode(run.replayer) ? await score(null, 'first') : null
  const certificates: Certificate[] = []
  for (const change of list)
    certificates.push(certify(run, list.length, { panel, baseline }, change, await score(change, 'first')))
  return certificates
}

/** The same of a list that is scored twice, to its end in any case; null: the passes do not hold. */
async function certifyTwice(
  run: AutotuneRun,
  list: readonly CandidateChange[],
  panel: Panel,
  score: Scoring,
): Promise<Certificate[] | null> {
  const baseline = await score(null, 'first')
  // A live baseline is compared with no outcome on record.
  const asPinned = liveOf(run.replayer) ? passesHold : baselineHolds
  let hold = asPinned(panel, [baseline, await score(null, 'second')])
  const certificates: Certificate[] = []
  for (const change of list) {
    const first = await score(change, 'first')
    hold = passesHold(panel, [first, await score(change, 'second')]) && hold
    if (hold) certificates.push(certify(run, list.length, { panel, baseline }, change, first))
  }
  return hold ? certificates : null
}

/** What code that replays scored when a question was asked. Read after retirement only. */
export interface RecordedQuestion {
  /** Null: it answered some case in two ways, or failed on one, or the endpoint of a live run named two models. */
  readonly certificates: Certificate[] | null
  /** Scores of the first pass. */
  readonly scores: (change: CandidateChange | null) => Promise<Series<CaseScore>>
  /** Digest over the scores of both passes. */
  readonly digest: string
  /** Answers of the model that was asked live. */
  readonly live: LiveEvidence | undefined
}

/** A question as the sealed log has it. */
export async function recordedQuestion(
  store: Store,
  run: AutotuneRun,
  list: readonly CandidateChange[],
  question: number,
  panel: Panel,
): Promise<RecordedQuestion> {
  const { version } = run.heldout_test_set!
  const recorded: Scoring = (change, pass) =>
    recordedScores(store, logKey(version, question, scoresFile(list, change, pass)))
  const live = await liveEvidence(store, run, list, question)
  return {
    certificates: isOfSeveral(live) ? null : await certifyTwice(run, list, panel, recorded),
    scores: (change) => recorded(change, 'first'),
    digest: await scoredDigest(store, version, question, list),
    live,
  }
}

/** Digest over the recorded scores of a question, file by file; one that is missing counts as null. */
async function scoredDigest(
  store: Store,
  version: string,
  question: number,
  list: readonly CandidateChange[],
): Promise<string> {
  const files: [string, string | null][] = []
  for (const change of [null, ...list])
    for (const pass of ['first', 'second'] as const) {
      const file = scoresFile(list, change, pass)
      files.push([file, await digestOfObject(store.vault, logKey(version, question, file))])
    }
  return digestOf(files)
}

const scoresFile = (list: readonly CandidateChange[], change: CandidateChange | null, pass: Pass): string =>
  `${change === null ? 'baseline' : `scores-${list.findIndex((c) => c.candidate_id === change.candidate_id)}`}${pass === 'first' ? '' : '-second'}.jsonl`

async function* scoreTexts(scores: AsyncIterable<AnsweredScore>): AsyncGenerator<string> {
  for await (const score of scores) yield canonical(score)
}

const recordedScores = (store: Store, key: string): Promise<Series<CaseScore>> =>
  scoresOf(streamValues<CaseScore>(store.vault, key))

/** Scores gathered in their order. */
export async function scoresOf(each: AsyncIterable<CaseScore>): Promise<Series<CaseScore>> {
  const scores = new Scores()
  for await (const score of each) scores.add(score)
  return scores
}

/** Certificate of one candidate, of so many listed ones, from its scores; `baseline`: those of the code that replays. */
function certify(
  run: AutotuneRun,
  listed: number,
  { panel, baseline }: { readonly panel: Panel; readonly baseline: Series<CaseScore> | null },
  change: CandidateChange,
  scores: Series<CaseScore>,
): Certificate {
  const { candidate_id, layer, patch, rationale } = change
  const { cases, ...arms } = armsOf(run, panel, baseline, scores)
  const gate = {
    ...arms,
    target: resolveTarget(run.target),
    suite: run.evaluator_suite,
    harness: harnessBehind(run),
    listed,
  }
  return certificateOf(gate, { change: { candidate_id, layer, patch, rationale }, cases })
}

/** What a candidate is compared with: the record, what code of a user's came to, or, live, a baseline that was asked anew. */
function armsOf(
  run: AutotuneRun,
  panel: Panel,
  baseline: Series<CaseScore> | null,
  cases: Series<CaseScore>,
): LiveArms {
  const facts = run.heldout_test_set!
  if (baseline === null) return { facts, panel, cases }
  return liveOf(run.replayer)
    ? liveArms(panel, facts, resolveTarget(run.target), baseline, cases)
    : { facts, panel: panelUnder(panel, baseline), cases: besideBaseline(baseline, cases) }
}
