/** An error as a state machine sees it: a name to retry or catch, and a cause. */
export class WorkflowError extends Error {
  override name = 'WorkflowError'
  readonly error: string
  constructor(error: string, cause: string) {
    super(cause)
    this.error = error
  }
}
