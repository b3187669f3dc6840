/**
 * What each model call added to the conversation: of its input what its agent's context did not hold already, then its output. Every call
 * repeats its whole history, in spellings that differ a little from one call to the next.
 */
import type { Message, Span, ToolCall } from './span.ts'
import type { Tally } from './tally.ts'
import type { Tree } from './tree.ts'
import { sortedJson } from './values.ts'

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
  const contexts = new Contexts()
  const turns: Turn[] = []
  for (const call of tree.calls) {
    if (call.status === 'error' && call.output === null) {
      tally.add('model_calls.failed')
      continue
    }
    const agent = tree.agentOf(call)
    const input = call.input ?? []
    const { context, isFirst } = contexts.of(agent, tree.workerOf(call), input)
    const { added, matched } = context.read(input)
    if (!isFirst && input.length > 0 && matched === 0) tally.add('messages.contexts_cut')
    const output = call.output ?? []
    context.said(input, output)
    turns.push({ call, agent, added, output })
  }
  return turns
}

/**
 * Who reads what. An agent that is asked again in another span goes on where it stopped only if it repeats an answer from there: two that
 * work side by side under one name have nothing in common but their instructions.
 */
class Contexts {
  readonly #byWorker = new Map<Span | null, Context>()
  readonly #byAgent = new Map<string | null, Context[]>()
  readonly #keys = new Keys()

  of(agent: string | null, worker: Span | null, input: readonly Message[]): { context: Context; isFirst: boolean } {
    const known = this.#byWorker.get(worker)
    const siblings = this.#byAgent.get(agent) ?? []
    const context = known ?? siblings.findLast((each) => each.continues(input)) ?? new Context(siblings[0], this.#keys)
    this.#byWorker.set(worker, context)
    if (!siblings.includes(context)) this.#byAgent.set(agent, [...siblings, context])
    return { context, isFirst: siblings.length === 0 }
  }
}

/** What one agent's model has before it, message by message. */
class Context {
  #known: readonly Message[] = []
  /** Instructions are read once under a name, by however many work under it. */
  readonly #systems: Set<string>
  readonly #answers: Message[] = []
  readonly #keys: Keys

  constructor(sibling: Context | undefined, keys: Keys) {
    this.#keys = keys
    this.#systems = sibling ? sibling.#systems : new Set()
  }

  /** Does this input repeat an answer that was given here? */
  continues(input: readonly Message[]): boolean {
    const answers = new Set(this.#answers.map((answer) => this.#keys.of(answer)))
    return input.some((message) => answers.has(this.#keys.of(message)))
  }

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
      const found = this.#find(message, at)
      if (found === -1) added.push(message)
      else {
        at = found + 1
        matched++
      }
    }
    return { added, matched }
  }

  #find(message: Message, from: number): number {
    // A history that is repeated as it was holds the same messages.
    if (this.#known[from] === message) return from
    if (from >= this.#known.length) return -1
    const key = this.#keys.of(message)
    return this.#known.findIndex((known, at) => at >= from && this.#keys.of(known) === key)
  }

  said(input: readonly Message[], output: readonly Message[]): void {
    const spoken = input.filter(({ role }) => role !== 'system')
    this.#known = [...(spoken.length > 0 ? spoken : this.#known), ...output]
    for (const message of output) if (message.text !== '' || message.calls.length > 0) this.#answers.push(message)
  }
}

/**
 * Keys of the messages of one trace: each is asked for as it is read, and again as what is known. They go with their trace: in a map that
 * is weak they would stay until all of the heap is looked through, and cost more than all else that is kept.
 */
class Keys {
  readonly #known = new Map<Message, string>()

  of(message: Message): string {
    const known = this.#known.get(message)
    if (known !== undefined) return known
    const key = keyOf(message)
    this.#known.set(message, key)
    return key
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
export const callKey = ({ name, arguments: args }: ToolCall): string => `${name} ${sortedJson(args)}`
