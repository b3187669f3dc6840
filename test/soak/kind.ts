/** What a kind of trial is: an invariant, and how one seeded attack on it is made. */
import { type Draw, drawFrom } from '../../functions/demo/draw.ts'
import type { Bases } from './bases.ts'
import type { Commands } from './commands.ts'

export interface Tried {
  /** What was done, in one line. */
  readonly what: string
  /** What broke the invariant; null where it held. */
  readonly found: string | null
}

/** One trial. Everything by chance in it comes from the draw, so that the same draw gives the same trial. `number`: which one, from 1, for a kind that tries all there is in order. */
export type Trial = (draw: Draw, number: number) => Promise<Tried>

/** What trials work with. */
export interface Workshop {
  /** A folder of the trial's own kind, thrown away at the end. */
  readonly dir: string
  readonly bases: () => Promise<Bases>
  readonly commands: Commands
  /** Something to be done at the end. */
  readonly atEnd: (act: () => void | Promise<void>) => void
}

export interface Kind {
  readonly name: string
  /** What must hold, in one line. */
  readonly holds: string
  readonly open: (workshop: Workshop) => Promise<Trial>
}

/** The draw of one trial: seed, kind and number, and nothing of the trials before. */
export function drawOf(seed: number, kind: string, trial: number): Draw {
  const name = [...kind].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7)
  return drawFrom(Math.imul(seed, 0x85ebca6b) ^ Math.imul(name, 0xc2b2ae35) ^ trial)
}
