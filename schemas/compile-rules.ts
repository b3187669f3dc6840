/** Rules of compiling, apart from the contracts. */

/**
 * By which rules a recording was compiled, and is replayed. 1: a setting is trimmed by the last word of its path, and a value
 * is traced by its lower-case text; nothing is compiled by them any more, and `verify` still recomputes runs over such sets.
 * 2: by layer and field, only what a recording covers; values are traced through JSON text and spellings.
 */
export const COMPILE_RULES = 2

/** Rules of a recording. */
export const rulesOf = (recording: { readonly compile_rules?: number | undefined }): number =>
  recording.compile_rules ?? 1
