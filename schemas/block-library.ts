/** `blocks.json`: texts of prompt blocks that a person reviewed, from which the proposer `blocks` chooses. */
import * as z from 'zod'
import { Day, Digest, Id, Name, Ref, SettingPath } from './common.ts'
import { MOST_TEXT } from './surface-fields.ts'

/** One reviewed text, word for word. It is held to the bounds of its surface like any other change. */
const ReviewedBlock = z.strictObject({
  block_id: Id,
  path: SettingPath.meta({ description: 'The prompt block that it may stand in place of.' }),
  text: z.string().min(1).max(MOST_TEXT),
  why: z.string().min(3).max(2000).meta({ description: 'What it is better at; the rationale of the candidate.' }),
  reviewed_by: Name.meta({ description: 'A person, who answers for these very words.' }),
  reviewed_on: Day,
  digest: Digest.meta({ description: 'SHA-256 of the canonical JSON of the other fields.' }),
})
/** A text of a prompt block with who reviewed it. */
export type ReviewedBlock = z.infer<typeof ReviewedBlock>

/** A reviewed library of blocks. Refused: an id twice. A text that was changed after its review is refused when it is read. */
export const BlockLibrary = z
  .strictObject({
    $schema: z.string().optional(),
    library: Ref.meta({ description: 'blocks.NAME@SEMVER' }),
    blocks: z.array(ReviewedBlock).min(1).max(200),
  })
  .superRefine(({ blocks }, ctx) => {
    const seen = new Set<string>()
    blocks.forEach(({ block_id }, i) => {
      if (seen.has(block_id))
        ctx.addIssue({ code: 'custom', path: ['blocks', i, 'block_id'], message: `"${block_id}" is listed twice` })
      seen.add(block_id)
    })
  })
export type BlockLibrary = z.infer<typeof BlockLibrary>
