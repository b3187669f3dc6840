/**
 * What each model call added to the conversation: of its input what its agent's context did not hold already, then its output. Every call
 * repeats its whole history, in spellings that differ a little from one call to the next.
 */
import type { Message, Span, ToolCall } from './span.ts'
import type { Tally } from './tally.ts'
import type { Tree } from './tree.ts'

/** A model call with the messages that are new with it. */
export interface Turn {
  readonly call: Span
  readonly agent: string | null
  /** Of its input, what nobody read before it. */
  readonly added: readonly Message[]
  readonly output: readonly Message[]
}

/** Turns in the order of their calls. Failed calls without an output are counted, and are none. */
export function turnsOf(tree: Tree, tally: Tally): Turn[] {
  const contexts = new Map<string | null, Context>()
  const turns: Turn[] = []
  for (const call of tree.calls) {
    if (call.status === 'error' && call.output === null) {
      tally.add('model_calls.failed')
      continue
    }
    const agent = tree.agentOf(call)
    const context = contexts.get(agent) ?? new Context()
    contexts.set(agent, context)
    const input = call.input ?? []
    const { added, matched } = context.read(input)
    if (context.began && input.length > 0 && matched === 0) tally.add('messages.contexts_cut')
    const output = call.output ?? []
    context.said(input, output)
    turns.push({ call, agent, added, output })
  }
  return turns
}

/** What one agent's model has before it, message by message. */
class Context {
  #known: string[] = []
  readonly #systems = new Set<string>()
  began = false

  /** The new ones among the messages of an input, in their order, and how many were known. */
  read(input: readonly Message[]): { readonly added: Message[]; readonly matched: number } {
    const added: Message[] = []
    let matched = 0
    let at = 0
    for (const message of input) {
      if (message.role === 'system') {
        if (!this.#systems.has(message.text)) added.push(message)
        this.#systems.add(message.text)
        continue
      }
      const found = this.#known.indexOf(keyOf(message), at)
      if (found === -1) added.push(message)
      else {
        at = found + 1
        matched++
      }
    }
    return { added, matched }
  }

  said(input: readonly Message[], output: readonly Message[]): void {
    const spoken = input.filter(({ role }) => role !== 'system')
    this.#known = [...(spoken.length > 0 ? spoken.map(keyOf) : this.#known), ...output.map(keyOf)]
    this.began = true
  }
}

/** Role, words and calls: what a history repeats, without what its spelling adds. */
function keyOf({ role, text, calls, results }: Message): string {
  // The calls say enough: some exporters leave out the words that came with them, or give other ids.
  if (calls.length > 0) return calls.map(callKey).join('\u0000')
  const words = text.replace(/\s+/g, ' ').trim()
  return [role, words, ...results.map((result) => result.id ?? result.content ?? '')].join('\u0000')
}

/** What a call asks for, whatever its id: one call may bear one id where it is made and another where it is repeated. */
export const callKey = ({ name, arguments: args }: ToolCall): string => `${name} ${JSON.stringify(args)}`
