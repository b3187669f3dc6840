/** What `propose` prints of proposals that are counted: each with its answer, then how much is left. Values in, lines out. */

import { count } from '../pages/kit/format.ts'
import { type InboxReplies, type Reply, spentWords } from '../steps/run/inbox.ts'
import { number } from './text.ts'
import { changeLines } from './text-propose.ts'

/** Answers from memory that are printed; `--json` has all. */
const MOST_FROM_MEMORY = 20

/** What of a folder was not read. */
interface NotRead {
  readonly waiting: number
  readonly passed_over: number
  readonly passed_over_why: string | null
}

export function inboxLines(answered: InboxReplies, { waiting, passed_over, passed_over_why: why }: NotRead): string[] {
  const { replies, budget, spent, quarter, intent, refused, proposed } = answered
  const memory = replies.filter((reply) => reply.how === 'memory')
  const shown = new Set<Reply>(memory.slice(0, MOST_FROM_MEMORY))
  const good = replies.filter((reply) => reply.how !== 'unreadable' && reply.answer.survives).length
  return [
    ...(proposed?.search_cases == null ? [] : [`search   ${count(proposed.search_cases, 'case')} of ${intent}`]),
    ...(proposed?.notes ?? []).map((note) => `note     ${note}`),
    ...replies.flatMap((reply) => {
      if (reply.how === 'unreadable') return ['', reply.at, `   UNREADABLE  ${reply.says}; not counted`]
      if (reply.how === 'memory') return shown.has(reply) ? memoryLines(reply) : []
      return changeLines({ ...reply.told, at: `${reply.at} (no. ${reply.entry.n})` }, proposed!)
    }),
    ...(memory.length > shown.size ? ['', `and ${memory.length - shown.size} more answered from memory (--json)`] : []),
    '',
    `verdict  ${good} of ${count(replies.length, 'proposal')} within all limits and better; no question was spent`,
    `budget   ${spent} of ${budget} proposals of ${intent} in ${quarter}`,
    ...(refused > 0 ? [`REFUSED  ${count(refused, 'proposal')}: ${spentWords(answered)}`] : []),
    ...(waiting > 0 ? [`waiting  ${count(waiting, 'file')} not read yet: the same command goes on with them`] : []),
    ...(passed_over > 0
      ? [`note     ${count(passed_over, 'entry', 'entries')} of the folder passed over: ${why}`]
      : []),
  ]
}

function memoryLines({ at, entry, answer }: Extract<Reply, { readonly how: 'memory' }>): string[] {
  const { problems, released, fate, reason, metric, other_baseline: other } = answer
  return [
    '',
    `${at}  ${Object.keys(entry.change.patch).join(', ') || 'empty patch'}`,
    `   memory   proposed before as no. ${entry.n} of ${entry.quarter} by ${entry.origin} on ${entry.at.slice(0, 10)}: not counted again, nothing replayed`,
    ...problems.map((p) => `   OUT OF BOUNDS  ${p}`),
    ...(released === null ? [] : [`   RELEASED  ${released}; a run refuses it`]),
    ...(reason === null ? [] : [`   fate     ${fate ?? answer.memory?.why.replaceAll('_', ' ')}: ${reason}`]),
    ...(other === undefined ? [] : [`   memory   ${other}`]),
    ...(answer.prompt ?? []).map((line, i) => `   ${(i === 0 ? 'prompt' : '').padEnd(8)} ${line}`),
    ...(metric?.delta == null ? [] : [`   metric   ${number(metric.baseline!)} -> ${number(metric.candidate!)}`]),
    ...(answer.failed.length > 0 ? [`   blocked  by ${answer.failed.join(', ')}`] : []),
  ]
}
