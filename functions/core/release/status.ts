/** How a rollout stands, in the questions that everybody asks. */
import type { RolloutStatus } from '#schemas/release.ts'

/** Did everyone get the whole prior tuple back? */
export const isBack = (status: string): status is 'rolled_back' | 'stopped' | 'retired' =>
  status === 'rolled_back' || status === 'stopped' || status === 'retired'

/** Is it on its way: some people get the candidate, and more of them will? */
export const isActive = (status: RolloutStatus): boolean => status === 'running' || status === 'paused'
