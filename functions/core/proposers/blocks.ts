/** `blocks`: a text of the reviewed library in place of a prompt block. */

import type { BlockLibrary, ReviewedBlock } from '#schemas/block-library.ts'
import { digestOf } from '../canonical.ts'
import { costOfText } from './cost-of-text.ts'
import type { PureProposer } from './proposer.ts'

export const blocks: PureProposer = {
  name: 'blocks',
  propose: (input) =>
    input.fields.flatMap(({ surface, path, baseline }) =>
      surface.layer !== 'prompt'
        ? []
        : (input.blocks?.blocks ?? [])
            .filter((block) => block.path === path && block.text !== baseline)
            .map(({ block_id, text, why, reviewed_by, reviewed_on }) => ({
              patch: { [path]: text },
              rationale: `${why} (block ${block_id}, reviewed by ${reviewed_by} on ${reviewed_on})`,
              prediction: costOfText(input, String(baseline), text),
            })),
    ),
}

/** Digest that a reviewed block must have: over every field but itself. */
export function blockDigest({ digest: _, ...block }: ReviewedBlock): string {
  return digestOf(block)
}

/** Blocks whose words are not those that were reviewed, each with what to do. */
export const blockProblems = ({ blocks: all }: BlockLibrary): string[] =>
  all.flatMap((block, i) => {
    const digest = blockDigest(block)
    return digest === block.digest
      ? []
      : [
          `blocks[${i}].digest: block "${block.block_id}" is not what ${block.reviewed_by} reviewed: have it reviewed again, and write ${digest}`,
        ]
  })
