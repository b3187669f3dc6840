/** What a dialect says of each piece of the shop's work. */
import type { ShopConversation } from './conversation.ts'

export type Attributes = Readonly<Record<string, string | number>>

export interface SpanEvent {
  readonly name: string
  readonly attrs: Attributes
}

/** What somebody said: words, a call of a tool, or a tool's answer. */
export type Said =
  | { readonly role: 'system' | 'user' | 'assistant'; readonly text: string }
  | { readonly role: 'assistant'; readonly id: string; readonly name: string; readonly args: object }
  | { readonly role: 'tool'; readonly id: string; readonly answer: string }

export interface Words {
  readonly agentName: string
  readonly callName: string
  readonly retrievalName: string
  toolName(tool: string): string
  agent(c: ShopConversation): { readonly attrs: Attributes; readonly events?: readonly SpanEvent[] }
  /** @param passages words of the passages that the model read beside its messages */
  call(input: readonly Said[], output: Said, passages: string): Attributes
  tool(callId: string, name: string, args: object, result: string): Attributes
  retrieval(c: ShopConversation): Attributes
}

export const MODEL = 'gpt-4o-mini'

export const SYSTEM =
  'You help customers of a shop. Look up the order, find the clause that applies, refund the line, and say which clause it was.'

/** As providers without a count of their own are estimated. */
export const tokens = (text: string): number => Math.ceil(text.length / 4)
