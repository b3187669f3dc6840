/** Starts the host of a deployed module that judges: what its bundle begins with. */
import { taskRoot } from './deployed-module.ts'
import { judgeFunction } from './judge-function.ts'

export const handler = judgeFunction(taskRoot())
