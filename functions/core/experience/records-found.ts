/** Recorded runs that are not as they were imported, in counts and in words. */

/** Records of one side that are not as they were imported. */
export interface RecordsFound {
  /** Runs that the index lists. */
  readonly listed: number
  /** Listed runs of which a file is not there. */
  readonly missing: number
  /** Listed runs whose files are not the ones that were imported. */
  readonly changed: number
  /** Imported runs, of whatever intent, that no index lists any more. */
  readonly unlisted: number
  /** Listed runs that a tombstone says were erased: their erasure did not come to its end. */
  readonly unerased: number
  /** A few ids of missing and changed runs; never any of the held-out side. */
  readonly examples: readonly string[]
}

/** What was found on either side. */
export type BothSides = Readonly<Record<'search' | 'heldout', RecordsFound>>

/**
 * The search side by name, the held-out side by count alone.
 * @param isUnread whoever imports may not read them, and so replaces nothing
 */
export function recordProblems(intent: string, records: BothSides | null, isUnread = false): string[] {
  if (records === null) return []
  const sides = [
    ['recorded', records.search],
    ['held-out', records.heldout],
  ] as const
  return sides.flatMap(([which, { listed, missing, changed, unlisted, unerased, examples }]) => {
    const parts = [missing > 0 && `${missing} missing`, changed > 0 && `${changed} changed`].filter(Boolean).join(', ')
    const some =
      examples.length === 0 ? '' : `: ${examples.join(', ')}${missing + changed > examples.length ? ' and more' : ''}`
    return [
      ...(missing + changed === 0
        ? []
        : [
            `${missing + changed} of ${listed} ${which} runs of ${intent} are not as they were imported (${parts})${some}. ${changed > 0 && isUnread ? BRING_BACK : RESTORE}`,
          ]),
      ...(unlisted === 0
        ? []
        : [`${unlisted} ${which} runs that were imported are in no index of this store any more. ${RESTORE}`]),
      ...(unerased === 0
        ? []
        : [`${unerased} ${which} runs were to be erased, and are not yet: the same "autotune erase" again ends it`]),
    ]
  })
}

const BRING_BACK =
  'What is left is no fair sample: an import restores what is missing and replaces nothing, so bring back the versions that the bucket keeps of what was changed'
const RESTORE = 'What is left is no fair sample: import the same records again, which restores them'
