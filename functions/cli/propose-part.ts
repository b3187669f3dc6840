/** `autotune propose FILE` of `kind: part_release`: files a new version of a part that replay cannot judge, for review. */
import { PartProposalFile } from '#schemas/part-proposal.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { filePart } from '../steps/release/file-part.ts'
import { nextCommand } from './next.ts'
import { existingStore } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { KindOptions } from './proposal-kinds.ts'
import { print } from './terminal.ts'
import { partLines } from './text-part.ts'

/** Exit code 0: it is filed, or stood there before. Nothing of it was replayed, and it says so. */
export async function proposePart(value: unknown, at: string, { json, ...o }: KindOptions): Promise<number> {
  const file = parseAs(PartProposalFile, value, at)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const { proposal, status, isNew } = await filePart(store, file)
    const { tuning_proposal_id: id, release_path } = proposal
    const told = { proposal: id, verdict: NOT_CERTIFIED, certified: false, status, filed: isNew }
    print(json, { ...told, tuning_proposal: proposal }, () => [
      ...partLines(proposal, status),
      isNew
        ? 'filed    nothing was replayed, and no question was spent'
        : 'filed    it stood there before, and stays as it was',
      `next     ${nextCommand(o, ['review', id, ...release_path.requires_reviewers.flatMap((role) => ['--reviewer', `${role}=PERSON`])])}`,
    ])
    return 0
  } finally {
    store.close()
  }
}
