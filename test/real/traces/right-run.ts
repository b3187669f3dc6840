/** What a person read in a file of traces, in short. */

export interface RightRun {
  readonly run: string
  readonly family: string
  readonly intent: string
  readonly models: readonly (string | null)[]
  readonly calls: number
  /** Prompt and completion tokens in sum; null: one call does not say. */
  readonly tokens: readonly [prompt: number | null, completion: number | null]
  readonly first: string
  readonly last: string
  /** `AGENT/ID NAME ARGUMENTS = RESULT`, arguments and result by their first sixty characters. */
  readonly tools: readonly string[]
}

/** A file of the data folder, and the runs in it. */
export type KnownFile = readonly [file: string, runs: readonly RightRun[]]

/** A run of one call without a tool. */
export const single = (
  it: Pick<RightRun, 'run' | 'family' | 'intent' | 'first' | 'last' | 'tokens'> & { readonly model: string | null },
): RightRun[] => {
  const { model, ...rest } = it
  return [{ ...rest, models: [model], calls: 1, tools: [] }]
}
