/** The library surface: what another program may import from this one. */

export { powerNonInferior } from './gate/acceptance.ts'
export { casesForZeroFailures } from './gate/binomial.ts'
export { pNonInferior } from './gate/non-inferiority.ts'
export { compileCase } from './replay/compile.ts'
export { replayTranscript } from './replay/transcript.ts'
export { runAutotune } from './run-autotune.ts'
export { createSearch } from './search/ask-tell/create-search.ts'
