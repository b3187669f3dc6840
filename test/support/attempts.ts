/** Refused requests that a store keeps, as an operator would read them. */
import type { Store } from '#ports'
import type { ReviewAttempt } from '#schemas/review.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readJson } from '../../functions/streams/read-object.ts'

/** Refused attempts, in the order of their times; `null`: those whose link named no review of ours. */
export async function readAttempts(store: Store, id: string | null): Promise<ReviewAttempt[]> {
  const attempts: ReviewAttempt[] = []
  for await (const key of store.objects.list(keys.reviewAttempts(id)))
    attempts.push((await readJson<ReviewAttempt>(store.objects, key))!)
  return attempts
}
