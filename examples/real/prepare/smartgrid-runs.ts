/** Recorded smart-grid runs: input of the map `harness-arms`. */
import { type Recorded, readRecords } from './records.ts'

/** Every run as recorded, but for ten places where the recorder wrote `NaN`, which is not JSON: null there. */
export function smartgridRuns(dataDir: string): AsyncGenerator<Recorded, void, undefined> {
  return readRecords(dataDir, 'smartgrid/runs.jsonl.gz', nanToNull)
}

/** Outside of strings only: some recorded tool outputs speak of NaN. */
export function nanToNull(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\bNaN\b/g, (token) => (token === 'NaN' ? 'null' : token))
}
