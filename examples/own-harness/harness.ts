/**
 * A small harness of one's own, written against the replay contract (schemas/harness.ts): a repair desk that looks up a
 * fault in the manual, asks a model which part is needed, checks the stock, and lets the model answer.
 *
 * Retrieval is BM25 over the offered passages; tools and model are answered by the recording. Three rules make it
 * replayable: every outside answer comes from `pinned`, nothing is kept from one case to the next, and what it returns
 * names the passages that it kept.
 */
import MiniSearch from 'minisearch'
import type { HarnessModule, HarnessResult, Passage } from '#schemas/harness.ts'

const MODEL = 'desk-small'
const INSTRUCTIONS =
  'You are the repair desk. Name the one part that mends the fault. Follow bulletins over the manual. Warn before anything is opened.'

export const replay: HarnessModule['replay'] = async ({ messages }, settings, pinned): Promise<HarnessResult> => {
  const question = messages.map((m) => m.content).join('\n')
  const topK = Number(settings['evidence.manual.top_k'])
  const offered = await pinned.retrieve('manual', { hop: 1, top_k: topK })
  const kept = withinBudget(byRelevance(offered, question).slice(0, topK), Number(settings['budget.evidence_tokens']))
  const evidence_refs = kept.map((p) => p.evidence_ref)

  const code = /\bE-\d+\b/.exec(question)?.[0]
  if (!code || !kept.some((p) => p.text?.includes(code)))
    return { status: 'ESCALATED', outputs: { reason: 'not in the manual' }, evidence_refs, usage: [] }

  const context = [INSTRUCTIONS, ...kept.map((p) => p.text), question].join('\n\n')
  const choice = await pinned.model({ prompt: context })
  const call = choice.tool_calls[0]
  if (!call)
    return { status: 'ESCALATED', outputs: { reason: 'no part named' }, evidence_refs, usage: [usage(context, choice)] }

  const stock = await pinned.tool(call.name, call.arguments)
  const prompt = `${context}\n\n${stock.content}`
  const answer = await pinned.model({ prompt })
  return {
    status: 'DECIDED',
    outputs: {
      ...(call.arguments as { part: string }),
      stock: JSON.parse(stock.content ?? 'null'),
      answer: answer.content,
    },
    evidence_refs,
    usage: [usage(context, choice), usage(prompt, answer)],
  }
}

/** Passages by BM25 against the question, best first; ties keep the order of their refs. */
export function byRelevance(passages: readonly Passage[], question: string): Passage[] {
  const index = new MiniSearch<Passage>({ idField: 'evidence_ref', fields: ['text'], tokenize: words })
  index.addAll(passages)
  const score = new Map<string, number>(index.search(question, { tokenize: words }).map((hit) => [hit.id, hit.score]))
  const of = ({ evidence_ref }: Passage): number => score.get(evidence_ref) ?? 0
  return passages.toSorted((a, b) => of(b) - of(a) || (a.evidence_ref < b.evidence_ref ? -1 : 1))
}

const words = (text: string): string[] => text.toLowerCase().match(/[a-z]+-?\d+|[a-z]{4,}/g) ?? []

/** Whole passages in order, until one does not fit. */
function withinBudget(passages: readonly Passage[], budget: number): Passage[] {
  let left = budget
  const end = passages.findIndex((p) => {
    left -= tokensOf(p.text ?? '')
    return left < 0
  })
  return passages.slice(0, end < 0 ? passages.length : end)
}

/** Prompt tokens are what this prompt holds now; the answer is the recorded one, and so are its tokens. */
const usage = (prompt: string, { completion_tokens }: { readonly completion_tokens: number | null }) => ({
  model: MODEL,
  prompt_tokens: tokensOf(prompt),
  completion_tokens: completion_tokens ?? 0,
})

/** The rule for texts without recorded tokens: four characters a token. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4)
