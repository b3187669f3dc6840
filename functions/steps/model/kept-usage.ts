/** Reads what a run asked of models, as it lies beside the run. */
import { RunUsage } from '#schemas/model-usage.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { jsonOf, readText } from '../../streams/read-object.ts'

/** Null: nothing was asked, or nobody counted. */
export const keptUsage = async ({ objects }: Pick<Store, 'objects'>, run: string): Promise<RunUsage | null> =>
  RunUsage.safeParse(jsonOf((await readText(objects, keys.runUsage(run))) ?? '')).data ?? null
