/** Work that may never end, such as an expression that backtracks: it is stopped at a limit, in this thread. */
import { createContext, Script } from 'node:vm'

/** The limit was reached. */
export class TookTooLong extends Error {}

const context: { work: () => void } = { work: () => {} }
createContext(context)
const script = new Script('work()')

/** What `work` returns; throws TookTooLong after so many milliseconds, and whatever it throws. */
export function within<T>(ms: number, work: () => T): T {
  let result: T
  context.work = () => {
    result = work()
  }
  try {
    script.runInContext(context, { timeout: ms })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TookTooLong()
    throw error
  }
  return result!
}
