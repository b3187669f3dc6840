/** A store with very many runs of the loop and recorded runs, written as imports and runs write it, without their contents. */
import { canonical, canonicalLines, digestOfBytes } from '../functions/core/canonical.ts'
import { daysOf } from '../functions/core/experience/days.ts'
import { familyHash } from '../functions/core/experience/index-line.ts'
import { compileCase } from '../functions/core/replay/compile.ts'
import { publishRefund } from '../functions/demo/documents.ts'
import { refundRuns } from '../functions/demo/generate.ts'
import type { ObjectStore } from '../functions/ports.ts'
import { keys } from '../schemas/s3-keys.ts'

export const INTENT = 'support.refund'
const SEGMENT_LINES = 10_000
const DAY_MS = 86_400_000

export const caseId = (i: number): string => `refund-${String(i).padStart(7, '0')}`

/** Finished runs: a line of each, and what its manifest begins with. */
export async function writeRunLines(objects: ObjectStore, runs: number): Promise<void> {
  for (let i = 0; i < runs; i++) {
    const run_id = `at_${String(i).padStart(7, '0')}`
    // Spread over three years.
    const finished_at = new Date(Date.UTC(2024, 0, 1) + Math.floor((i * 1095 * DAY_MS) / runs)).toISOString()
    const line = {
      run_id,
      date: finished_at,
      intent: INTENT,
      verdict: 'no_candidate',
      change: null,
      gain: null,
      worse: null,
    }
    await objects.put(keys.runLine(finished_at, run_id), `${canonical(line)}\n`)
    await objects.put(keys.autotuneRun(run_id, 'manifest.json'), `${canonical({ finished_at, run_id })}\n`)
  }
}

/**
 * Recorded runs as the index lists them, their days, and a search set of as many cases.
 * @param segment lines of one segment of the index
 */
export async function writeRecorded(objects: ObjectStore, runs: number, segment = SEGMENT_LINES): Promise<void> {
  await publishRefund({ objects })
  for (let from = 0; from < runs; from += segment) {
    const lines = Array.from({ length: Math.min(segment, runs - from) }, (_, i) => ({
      run_id: `run_${caseId(from + i)}`,
      date: new Date(Date.UTC(2026, 0, 1) + ((from + i) % 120) * DAY_MS).toISOString().slice(0, 10),
      case_id: caseId(from + i),
      family: familyHash(String(from + i)),
      packed: {
        segment: `experience/runs/2026-01-01/${'0'.repeat(64)}.jsonl.zst`,
        at: i,
        bytes: [1, 1],
        line: i,
        digest: `sha256:${'0'.repeat(64)}`,
      },
    }))
    const text = canonicalLines(lines)
    const digest = digestOfBytes(text)
    await objects.put(keys.indexSegment(INTENT, digest), text)
    await objects.put(keys.indexDays(INTENT, digest), `${canonical(daysOf(lines))}\n`)
  }
  const cases = function* () {
    for (let i = 0; i < runs; i++)
      yield `${canonical({ case_id: caseId(i), intent_id: INTENT, family_id: `customer-${i}`, digest: SMALL.digest, recordings: [{ ...SMALL.recordings[0]!, run_id: `run_${caseId(i)}` }] })}\n`
  }
  await objects.put(keys.goldens(INTENT), inBlocks(cases()))
}

/** The shortest case that a store takes for one: a refund without its steps, which read one passage. */
const [REFUND] = [...refundRuns({ families: 1 })]
const SMALL = compileCase([{ ...REFUND!, evidence: REFUND!.evidence.slice(0, 1), steps: [] }])

async function* inBlocks(lines: Iterable<string>): AsyncGenerator<string> {
  const block: string[] = []
  for (const line of lines) {
    block.push(line)
    if (block.length === SEGMENT_LINES) yield block.splice(0).join('')
  }
  yield block.join('')
}
