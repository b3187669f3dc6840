/** The steps that functions carry out: what each takes, its work, and what of it may show. */
import type { Contract } from '../steps/experience/parse.ts'
import type { StoreWorld, World } from './world.ts'

interface AnyStep<I, O, W> {
  /** Name of the step; metrics and logs carry it. */
  readonly name: string
  readonly input: Contract<I>
  readonly work: (input: I, world: W) => Promise<O>
}

/** A step whose log and metrics are open. */
export interface OpenStep<I, O, W = World> extends AnyStep<I, O, W> {
  readonly sealed?: never
  /** What a log line may say of an input: ids and counts, never content. */
  readonly about: (input: I) => Readonly<Record<string, string | number | readonly string[]>>
  /** What its last log line says of the output beside, and what is counted as metrics: never content either. */
  readonly outcome?: (output: O) => {
    readonly says?: Readonly<Record<string, string | number | readonly string[]>>
    readonly counts?: Readonly<Record<string, number>>
  }
}

/** A step that works on sealed cases: nothing of it shows in logs and metrics, and its errors carry no text. */
export interface SealedStep<I, O, W extends StoreWorld = World> extends AnyStep<I, O, W> {
  readonly sealed: 'gate' | 'sealer'
  /** What it is given and what it stumbles over may name what is erased: of a failure the name of the error alone is kept. */
  readonly forgets?: true
}

/** A step of the tuning side: what it takes, and its work. */
export type Step<I, O> = OpenStep<I, O> | SealedStep<I, O>
