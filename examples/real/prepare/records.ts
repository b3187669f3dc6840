/** The recorded data as parsed records. Nothing here interprets them. */
import { join } from 'node:path'
import { ImportError } from '#adapters/local/import/import-error.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'

/** One recorded record, as far as this folder reads it. */
export type Recorded = Readonly<Record<string, unknown>>

/**
 * The records of one file of the data folder, in order.
 *
 * @param repair - turns a line into JSON where the recorder wrote something else
 * @throws ImportError naming file and line, for a file that cannot be read and a line that is not JSON
 */
export async function* readRecords<T = Recorded>(
  dataDir: string,
  name: string,
  repair: (text: string) => string = (text) => text,
): AsyncGenerator<T, void, undefined> {
  const file = join(dataDir, name)
  for await (const { line, text } of readJsonl(file)) {
    let record: T
    try {
      record = JSON.parse(repair(text)) as T
    } catch (error) {
      const problem = `not JSON: ${(error as Error).message}`
      throw new ImportError({ file, line, field: null, problem, todo: 'Fetch the recorded data again' })
    }
    yield record
  }
}

/** All of them at once, for the side of a join that is looked up. */
export async function allRecords<T = Recorded>(dataDir: string, name: string): Promise<T[]> {
  const records: T[] = []
  for await (const record of readRecords<T>(dataDir, name)) records.push(record)
  return records
}
