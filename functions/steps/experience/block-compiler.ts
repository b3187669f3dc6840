/** Who compiles recorded runs on further cores. */
import type { IndexLine } from './index-line.ts'

/** Compiles blocks of an index elsewhere, several at once. */
export interface BlockCompiler {
  /** Runs of an intent that are compiled in place first: a few are done before anybody else has begun. */
  readonly runsInPlace: number
  /** Blocks that may be under way at once. */
  readonly atOnce: number
  /** What `compileBlock` gives for the same objects; throws what it throws. */
  compile(intent: string, block: readonly IndexLine[]): Promise<readonly string[]>
}
