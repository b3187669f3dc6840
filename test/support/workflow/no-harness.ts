/** A deployment without a harness: whoever calls one all the same fails. */
import type { World } from '../../../functions/lambda/world.ts'

const refuse = async (): Promise<never> => {
  throw new Error('this deployment names no harness')
}

export const NO_HARNESS: Pick<World, 'harness' | 'live' | 'caller' | 'model' | 'judges' | 'callJudge'> = {
  harness: null,
  live: null,
  caller: { call: refuse },
  model: { converse: refuse },
  judges: [],
  callJudge: { call: refuse },
}
