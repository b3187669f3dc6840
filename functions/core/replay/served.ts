/** What was served of a case: a recording that was made for a plan says nothing of how it went. */

/** The first recording that was served. A case has one before anything is recorded for a plan. */
export const servedOf = <R extends { readonly plan?: string | undefined }>(recordings: readonly R[]): R =>
  recordings.find(({ plan }) => plan === undefined) ?? recordings[0]!
