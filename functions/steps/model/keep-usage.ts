/** Keeps what a run asked of models, apart by what for, beside the run. */
import { canonical } from '#core/canonical.ts'
import { type ModelUsage, RunUsage } from '#schemas/model-usage.ts'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { jsonOf, readText } from '../../streams/read-object.ts'

/** What was asked on each side of the split. */
export interface AskedBySide {
  readonly search: readonly ModelUsage[]
  readonly sealed: readonly ModelUsage[]
}

/** What is told of it; null: nothing was asked. A sealed version that gave a "yes" is retired, so its figures may be told. */
export async function keepUsage(
  { objects }: Pick<Store, 'objects'>,
  { run, verdict }: Pick<RunSummary, 'run' | 'verdict'>,
  asked: readonly AskedBySide[],
): Promise<RunUsage | null> {
  const search = asked.flatMap((of) => of.search)
  const sealed = asked.flatMap((of) => of.sealed)
  if (search.length + sealed.length === 0) return null
  const isTold = verdict === 'certified' || sealed.length === 0
  const usage: RunUsage = {
    usage: 'usage.v1',
    run_id: run,
    rows: isTold ? together([...search, ...sealed]) : search,
    sealed_calls: isTold ? null : sealed.reduce((sum, { paid }) => sum + paid, 0),
  }
  await objects.put(keys.runUsage(run), `${canonical(usage)}\n`)
  return usage
}

/** The same as it lies; null: nothing was asked, or nobody counted. */
export const keptUsage = async ({ objects }: Pick<Store, 'objects'>, run: string): Promise<RunUsage | null> =>
  RunUsage.safeParse(jsonOf((await readText(objects, keys.runUsage(run))) ?? '')).data ?? null

/** Rows of one model and purpose as one. */
function together(rows: readonly ModelUsage[]): ModelUsage[] {
  const groups = Map.groupBy(rows, ({ purpose, model }) => canonical([purpose, model]))
  return [...groups.values()].map((of) =>
    of.reduce((a, b) => ({
      purpose: a.purpose,
      model: a.model,
      answers: a.answers + b.answers,
      paid: a.paid + b.paid,
      refused: a.refused + b.refused,
      prompt_tokens: sum(a.prompt_tokens, b.prompt_tokens),
      completion_tokens: sum(a.completion_tokens, b.completion_tokens),
      cached_prompt_tokens: a.cached_prompt_tokens + b.cached_prompt_tokens,
      reasoning_tokens: a.reasoning_tokens + b.reasoning_tokens,
      first_at: outer(a.first_at, b.first_at, (x, y) => (x < y ? x : y)),
      last_at: outer(a.last_at, b.last_at, (x, y) => (x > y ? x : y)),
      cents: sum(a.cents, b.cents),
    })),
  )
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

const outer = (a: string | null, b: string | null, which: (a: string, b: string) => string): string | null =>
  a === null || b === null ? null : which(a, b)
