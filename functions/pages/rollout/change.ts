/** A patch as a sentence: what the harness does after it, and what it did before. */
import type { SettingValue } from '#schemas/common.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { number, setting, visible } from '../kit/format.ts'

type Patch = TuningProposal['candidate_change']['patch']

/** Every changed setting, joined by "and"; null: the proposal is not there any more. */
export function changeInWords(patch: Patch | null): string | null {
  if (patch === null) return null
  const said = Object.entries(patch).map(([path, { from, to }]) => sentence(path, from, to))
  const text = said.join(', and ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function sentence(path: string, from: SettingValue, to: SettingValue): string {
  const words = path.split('.').map((word) => visible(word).replaceAll('_', ' '))
  const field = path.slice(path.lastIndexOf('.') + 1)
  const of = words.slice(1, -1).join(' ')
  const amounts = typeof from === 'number' && typeof to === 'number' ? ([number(to), number(from)] as const) : null
  switch (amounts && field) {
    case 'top_k':
      return `read ${amounts![0]} instead of ${amounts![1]} passages of ${of || 'each bucket'}`
    case 'max_hops':
      return `follow ${amounts![0]} instead of ${amounts![1]} hops of ${of || 'each bucket'}`
    case 'evidence_tokens':
    case 'memory_tokens':
    case 'tool_tokens':
      return `spend at most ${amounts![0]} instead of ${amounts![1]} tokens on ${words.at(-1)!.replace(/ tokens$/, '')}`
    case 'threshold':
      return `ask a person from ${amounts![0]} instead of ${amounts![1]} on${of && `, for ${of}`}`
    default:
      return field === 'instruction_block'
        ? 'use another instruction block in the prompt'
        : `set ${words.join(' ')} to ${setting(to)} instead of ${setting(from)}`
  }
}
