/** Workflows of Step Functions that wait with a task token. One function may call this: the one that records decisions. */
import {
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn'
import type { WaitingTasks } from '#ports'

/** Wakes them with nothing in hand: what was decided is read from the ledger, never from an answer. */
export const waitingTasks = (client: SFNClient): WaitingTasks => ({
  async wake(taskToken) {
    try {
      await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))
      return true
    } catch (error) {
      if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
        return false
      throw error
    }
  },
})
