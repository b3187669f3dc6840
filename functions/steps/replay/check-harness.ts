/** Looks at a harness before a run begins: does it answer at all, and does it answer twice alike. */
import type { Replied } from '#core/baseline/harness-baseline.ts'
import { canonical } from '#core/canonical.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { UserError } from '../../errors.ts'
import type { Lines } from '../../ports.ts'

/** Search cases that are looked at, spread over the set. */
const CHECKED = 5

/**
 * Replays a few cases twice, the second time in reverse order. Throws UserError when the harness fails on every one, or
 * gives two answers to one case.
 */
export async function checkHarness(
  name: string,
  lines: Lines,
  replay: (some: readonly ReplayCase[]) => Promise<Replied[]>,
): Promise<void> {
  const some = await spread(lines)
  const first = await replay(some)
  const failures = first.flatMap((r) => ('reply' in r && 'failed' in r.reply ? [r.reply.failed] : []))
  if (some.length > 0 && failures.length === some.length)
    throw new UserError(
      `${name} failed on all ${some.length} cases that were tried first.\n${some[0]!.case_id}: ${failures[0]}`,
    )
  const second = (await replay(some.toReversed())).toReversed()
  for (const [i, replayCase] of some.entries()) {
    const differs = difference(first[i]!, second[i]!)
    if (differs)
      throw new UserError(
        `${name} gave two answers to case ${replayCase.case_id} under the same settings: ${differs}.\nA replay is a pure function of its arguments: no clock, no chance, nothing kept from one case to the next`,
      )
  }
}

/** A few cases from all over the set, whose size is known at its end only. */
async function spread(lines: Lines): Promise<ReplayCase[]> {
  let kept: string[] = []
  let stride = 1
  let at = 0
  for await (const line of lines) {
    if (at++ % stride !== 0) continue
    kept.push(line)
    if (kept.length < 2 * CHECKED) continue
    kept = kept.filter((_, i) => i % 2 === 0)
    stride *= 2
  }
  return kept.slice(0, CHECKED).map((line) => JSON.parse(line) as ReplayCase)
}

/** The first field in which two answers differ; null: in none, or there are not two. */
function difference(a: Replied, b: Replied): string | null {
  if (!('reply' in a && 'reply' in b && 'result' in a.reply && 'result' in b.reply)) return null
  const [one, two] = [a.reply.result, b.reply.result]
  for (const field of Object.keys(one) as (keyof typeof one)[]) {
    const [left, right] = [canonical(one[field] ?? null), canonical(two[field] ?? null)]
    if (left !== right) return `${field} ${left.slice(0, 100)} and ${right.slice(0, 100)}`
  }
  return null
}
