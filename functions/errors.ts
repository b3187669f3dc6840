/** Errors that cross a ring. A user error says what to do next and is exit code 2; everything else is a defect of ours. */

/** Bad input or a refused request: nothing was written, and the message says what to do. */
export class UserError extends Error {
  override name = 'UserError'
}
