/** A recorded run as an import needs it: packed, and whatever is asked of it later, worked out once and by itself. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { readBack } from '../canonical.ts'
import { nameContent } from './content.ts'
import { type HashedNames, hashedNames, type IndexLine, indexLine } from './index-line.ts'
import { type PackedRun, packRecorded } from './run-files.ts'
import { hideUnderRun, type Sketch, sketchOf } from './sketch.ts'

/** What an import asks of a run, without its texts. */
export interface RunFacts {
  readonly line: IndexLine
  readonly intent: string
  /** Name of its family. */
  readonly family: string
  readonly split: ExperienceRun['split']
  readonly names: HashedNames
  /** What it says, named under the split's key, and its family hidden under that. */
  readonly content: { readonly key: string; readonly hidden: string }
  /** Its sketch, and its family hidden under the run; null: it says too little. */
  readonly sketch: (Sketch & { readonly hidden: string }) | null
  /** Digest of its decision record, which seals its other files. */
  readonly record: string
  /** When it began, or the day of its recording; null: neither was recorded. */
  readonly began: string | null
  /** When the last span of its trace began, in nanoseconds; absent: it was read from no trace. */
  readonly last?: string
}

export interface PreparedRun extends PackedRun {
  readonly facts: RunFacts
}

/**
 * Prepares runs. Of no other run, and of nothing in a store: whoever prepares some may do so in any order. One step over all
 * runs and then the next, as `packRecorded` does.
 */
export function prepareRuns(runs: readonly ExperienceRun[], splitKey: string): PreparedRun[] {
  // Compiled as it will be read again: the order of keys is part of what a compiler sees.
  const again = runs.map((run) => {
    const { text, again } = readBack(run)
    return { recorded: text, again }
  })
  const packed = packRecorded(again)
  const contents = again.map((one) => nameContent(splitKey, one.again))
  const sketches = runs.map((run) => sketchOf(splitKey, run))
  return runs.map((run, i) => {
    const { recorded, compiled, record } = packed[i]!
    const { intent_id: intent, family_id: family, split } = run
    const names = hashedNames(run)
    const sketch = sketches[i]!
    return {
      recorded,
      compiled,
      facts: {
        line: indexLine(run),
        intent,
        family,
        split,
        names,
        content: { key: contents[i]!.key, hidden: contents[i]!.hide(family) },
        sketch: sketch && { ...sketch, hidden: hideUnderRun(splitKey, names.run).hide(family) },
        record,
        began: run.started_at ?? run.date,
      },
    }
  })
}
