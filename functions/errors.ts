/** Errors that cross a ring. A user error says what to do next and is exit code 2; everything else is a defect of ours. */

/** Bad input or a refused request: nothing was written, and the message says what to do. */
export class UserError extends Error {
  override name = 'UserError'
}

/** A workflow came to wait for a review that has ended already: it goes on at once. Caught by name. */
export class ReviewEnded extends Error {
  override name = 'ReviewEnded'
}
