/** The library surface: what another program may import from this one. */

export { compileCase } from './replay/compile.ts'
export { replayTranscript } from './replay/transcript.ts'
export { runAutotune } from './run-autotune.ts'
export { createSearch } from './sampler/create-search.ts'
export { powerNonInferior } from './statistics/acceptance.ts'
export { casesForZeroFailures } from './statistics/binomial.ts'
export { pNonInferior } from './statistics/non-inferiority.ts'
