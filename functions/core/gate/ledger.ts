/**
 * The held-out ledger as pure transitions of one item per sealed version. Every transition returns the next item, to be
 * written on condition that the stored revision is still the one that was read; or the reason why it is refused.
 */
import type { HeldoutVersion, LedgerItem } from '#schemas/heldout.ts'
import { chainLink } from '../canonical.ts'
import { isBelow } from '../statistics/compare.ts'

type Transition = { readonly next: LedgerItem } | { readonly refused: string }

/** Item of a version that was just sealed: nothing asked, nothing spent. */
export const sealedItem = (facts: HeldoutVersion): LedgerItem => ({
  ...facts,
  used: 0,
  open: null,
  history: [],
  retired: null,
  chain: chainLink(null, facts),
  revision: 0,
})

/** Why no question can be asked of this version now; null when one can. Step 1 of the preflight. */
export function askRefusal(item: LedgerItem): string | null {
  if (item.retired === 'passed')
    return `version retired: it certified a candidate. Seal a fresh version (import families that were never sealed)`
  if (item.retired === 'exhausted') return `version exhausted (${item.used} of ${item.questions}). Seal a fresh version`
  if (item.retired === 'superseded') return 'version superseded by a newer seal. Start the run again'
  if (item.retired === 'erased')
    return 'version retired: families of it were erased. Seal a fresh version (import families that were never sealed)'
  if (item.retired === 'suite_changed')
    return `version retired: it was asked under ${item.suite}, and a run came under another suite. Seal a fresh version (import families that were never sealed)`
  if (item.retired === 'resplit')
    return 'version retired: its intent was split anew. Start the run again, and it seals a version of the new epoch'
  if (item.open)
    return `question ${item.open.k} is open for run ${item.open.run_id}. Resume that run, or answer "no" with run --abandon ${item.open.run_id}`
  return isBelow(item.used, item.questions)
    ? null
    : `version exhausted (${item.used} of ${item.questions}). Seal a fresh version`
}

/** OPEN: spends the question before any sealed byte is read for scoring. */
export function openQuestion(item: LedgerItem, commit: string, runId: string): Transition {
  const refused = askRefusal(item)
  if (refused) return { refused }
  const k = item.used + 1
  const question = { k, commit, run_id: runId, answer: null }
  const chain = chainLink(item.chain, question)
  return {
    next: {
      ...item,
      used: k,
      open: { k, commit, run_id: runId },
      history: [...item.history, { ...question, chain }],
      chain,
      revision: item.revision + 1,
    },
  }
}

/** ANSWER: records the one bit of the open question; the first yes, or the last question, retires the version. */
export function answerQuestion(item: LedgerItem, commit: string, bit: boolean): Transition {
  if (!item.open || item.open.commit !== commit) return { refused: 'this commit has no open question' }
  const { k } = item.open
  const asked = item.history.find((q) => q.k === k)!
  if (asked.answer !== null) return { refused: `question ${k} already has its answer` }
  const chain = chainLink(item.chain, { k, commit, answer: bit })
  const history = item.history.map((q) => (q.k === k ? { ...q, answer: bit, chain } : q))
  const retired = bit ? 'passed' : isBelow(item.used, item.questions) ? null : 'exhausted'
  return { next: { ...item, open: null, history, retired, chain, revision: item.revision + 1 } }
}

/** A version that was never asked may make room for a newer seal. */
export function supersede(item: LedgerItem): Transition {
  if (item.used > 0) return { refused: `version was asked ${item.used} times: its families stay with it` }
  if (item.retired) return { refused: `version is already ${item.retired}` }
  return retire(item, 'superseded')
}

/** An asked version of an epoch that is over answers no further question: its families go to the search. One that nobody asked makes room. */
export function endEpoch(item: LedgerItem): Transition {
  if (item.used === 0) return supersede(item)
  if (item.retired) return { refused: `version is already ${item.retired}` }
  if (item.open) return { refused: `question ${item.open.k} is open for run ${item.open.run_id}` }
  return retire(item, 'resplit')
}

/** A version of which families were erased answers no further question: it was counted with them, and no question can be answered without. */
export function endErased(item: LedgerItem): Transition {
  if (item.used === 0) return supersede(item)
  if (item.retired) return { refused: `version is already ${item.retired}` }
  if (item.open) return { refused: `question ${item.open.k} is open for run ${item.open.run_id}` }
  return retire(item, 'erased')
}

/** A version that was asked under another evaluator suite answers no further question: its families go to the search, and buy no fresh budget. */
export function endOutgrown(item: LedgerItem): Transition {
  if (item.used === 0)
    return { refused: 'version was asked nothing: it is superseded when its families are sealed again' }
  if (item.retired) return { refused: `version is already ${item.retired}` }
  if (item.open) return { refused: `question ${item.open.k} is open for run ${item.open.run_id}` }
  return retire(item, 'suite_changed')
}

/** Ends that follow from no answer: their link says so. */
const ENDED = ['superseded', 'erased', 'suite_changed', 'resplit'] as const
type Ended = (typeof ENDED)[number]
const isEnded = (retired: LedgerItem['retired']): retired is Ended => (ENDED as readonly unknown[]).includes(retired)

const retire = (item: LedgerItem, retired: Ended): Transition => ({
  next: { ...item, retired, chain: chainLink(item.chain, { [retired]: true }), revision: item.revision + 1 },
})

/** Does an item hold together? Recomputes every link from the published facts, and the state from the history. */
export function chainHolds(item: LedgerItem): boolean {
  const { used: _used, open: _open, history, retired, chain, revision: _revision, ...facts } = item
  if (!stateHolds(item)) return false
  let link = chainLink(null, facts)
  for (const { k, commit, run_id, answer, chain: stored } of history) {
    link = chainLink(link, { k, commit, run_id, answer: null })
    if (answer !== null) link = chainLink(link, { k, commit, answer })
    if (link !== stored) return false
  }
  if (isEnded(retired)) link = chainLink(link, { [retired]: true })
  return link === chain
}

/** Balance, open question and retirement follow from the history: none of them can be changed alone. */
function stateHolds({ used, open, history, retired, questions }: LedgerItem): boolean {
  if (used !== history.length || history.some((q, i) => q.k !== i + 1)) return false
  if (history.slice(0, -1).some((q) => q.answer !== false)) return false
  const last = history.at(-1)
  const isOpen = last?.answer === null
  if (isOpen ? open?.k !== last.k || open.commit !== last.commit || open.run_id !== last.run_id : open !== null)
    return false
  if (isEnded(retired) && retired !== 'superseded')
    return used > 0 && !isOpen && !last?.answer && isBelow(used, questions)
  if (used === 0) return retired === null || retired === 'superseded'
  return retired === (last?.answer ? 'passed' : !isBelow(used, questions) && !isOpen ? 'exhausted' : null)
}

/** The ledger line in the wording that a reviewer reads. */
export function ledgerLine(item: LedgerItem): string {
  const spent = Number((item.used * item.alpha_k).toPrecision(6))
  const state = item.retired ? 'now retired' : item.open ? 'question open' : 'live'
  return `${item.intent} ${item.version.slice(0, 15)}: question ${item.used} of ${item.questions}, ${spent} of ${item.alpha} spent, ${state}`
}
