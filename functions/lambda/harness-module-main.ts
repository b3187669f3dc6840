/** Starts the host of a deployed harness module: what its bundle begins with. */
import { taskRoot } from './deployed-module.ts'
import { harnessModuleFunction } from './harness-module-function.ts'

export const handler = harnessModuleFunction(taskRoot())
