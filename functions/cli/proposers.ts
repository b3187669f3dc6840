/** Who proposes changes for a run beside its search: named by the target, by `--proposers`, or by both. */
import type { Proposing } from '#core/proposers/proposer.ts'
import { PROPOSERS, type ProposerName } from '#schemas/proposers.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseBlocks } from '../steps/experience/parse-blocks.ts'
import { proposingOf } from '../steps/run/proposers.ts'
import { nearText } from './near.ts'

export interface ProposerOptions {
  readonly proposers?: string
  readonly blocks?: string
}

/** Undefined: nobody is asked. Throws UserError for a name that is none, and for a library that is not as it was reviewed. */
export function askedProposers(target: TuningTarget, { proposers, blocks }: ProposerOptions): Proposing | undefined {
  const named = proposers?.split(',').map((name) => name.trim()) ?? []
  for (const name of named)
    if (!PROPOSERS.includes(name as ProposerName))
      throw new UserError(
        `--proposers: "${name}" is no proposer: there are ${PROPOSERS.join(', ')}${nearText(name, PROPOSERS)}`,
      )
  const library = blocks === undefined ? null : parseBlocks(readInput(blocks), blocks)
  return proposingOf(target, named as ProposerName[], library)
}
