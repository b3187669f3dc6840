/** Dates under which the routine kept something: one object a date. */
import type { Store } from '../../ports.ts'

/** Dates of the objects `PREFIX/DATE.json`, in order. */
export async function datesUnder({ objects }: Pick<Store, 'objects'>, prefix: string): Promise<string[]> {
  const dates: string[] = []
  for await (const key of objects.list(prefix)) dates.push(key.slice(prefix.length, -'.json'.length))
  return dates
}
