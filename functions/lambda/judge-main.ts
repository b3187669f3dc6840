/** Starts the host of a deployed module: what its bundle begins with. */
import { judgeFunction } from './judge-function.ts'

export const handler = judgeFunction(process.env.LAMBDA_TASK_ROOT ?? '/var/task')
