/** Parts of a pinned ref, `NAME@MAJOR.MINOR.PATCH`. Apart from what makes a version: keys of the ledger are all that most need. */

/** Name of a pinned ref, before its `@`. */
export const refName = (ref: string): string => ref.slice(0, ref.lastIndexOf('@'))

/** Version of a pinned ref, `MAJOR.MINOR.PATCH`. */
export const refVersion = (ref: string): string => ref.slice(ref.lastIndexOf('@') + 1)
