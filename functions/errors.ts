/** Errors that cross a ring. A user error says what to do next and is exit code 2; everything else is a defect of ours. */

/** Bad input or a refused request: nothing was written, and the message says what to do. */
export class UserError extends Error {
  override name = 'UserError'
}

/** An object of a store does not read as what was written there: the disk, or somebody, changed it. */
export class DamagedObject extends UserError {
  override name = 'DamagedObject'
  readonly key: string
  readonly why: string

  /** @param key of the object; `why`: where it stops being what was written; `wayOut`: what brings it back, beside a copy */
  constructor(key: string, why: string, wayOut = '') {
    super(`${key} of this store is damaged: ${why}. Restore it from a copy of the store${wayOut}`)
    this.key = key
    this.why = why
  }
}

/** A workflow came to wait for a review that has ended already: it goes on at once. Caught by name. */
export class ReviewEnded extends Error {
  override name = 'ReviewEnded'
}
