/** A brief: files that tell a coding agent all that it may know of an intent. Made of the search side alone, the same bytes each time. */
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { BriefManifest, type CaseTold, type TriedChange } from '#schemas/agent.ts'
import { segment } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { answeredContract } from '../run/contract.ts'
import { budgetOf, type InboxObjects } from '../run/inbox.ts'
import { readmeText, skillText } from './brief-text.ts'
import { deadEnds, elsewhereTold } from './dead-ends.ts'
import { chosenCases } from './search-cases.ts'
import { targetTold } from './target.ts'
import { triedChanges } from './tried.ts'

/** Room of a case in a brief: an agent reads files in parts. */
const ROOM = { text: 20_000, parts: 2000, runs: 20 } as const
/** Earlier changes that are told of. */
const MOST_TRIED = 20_000
/** Characters of a case's id in the name of its file, which a number makes unique. */
const MOST_NAME = 80

/** One file of a brief. */
export interface BriefFile {
  readonly path: string
  readonly text: string
}

/** Name of the file that lists all others; it is written last. */
export const MANIFEST = 'brief.json'

/**
 * Files of a brief, one after the other, the manifest last.
 * @param most cases that are told; those that failed or were corrected come first
 * @throws UserError where the contract is not answered
 */
export async function* briefFiles(
  store: Pick<Store, 'objects' | 'table' | 'scratch' | 'clock' | 'rolesApart'> & { readonly objects: InboxObjects },
  target: TuningTarget,
  most: number,
): AsyncGenerator<BriefFile, BriefManifest> {
  const contract = await answeredContract(store, target)
  const { intent } = contract.resolved
  const digests: Record<string, string> = {}
  const file = (path: string, text: string): BriefFile => {
    digests[path] = digestOfBytes(text)
    return { path, text }
  }
  const told = targetTold(target, contract)
  yield file('target.json', pretty(target))
  yield file('surfaces.json', pretty(told))

  const { of, cases } = await chosenCases(store, intent, most, ROOM)
  const rows: object[] = []
  for await (const { row, told: one } of cases) {
    const path = casePath(rows.length + 1, one)
    rows.push({ file: path, ...row, corrected: one.corrections.length })
    yield file(path, pretty(one))
  }
  yield file('cases.jsonl', lines(rows))

  const tried: TriedChange[] = []
  const runs = { told: 0, left_out: 0 }
  const { rows: inbox } = await budgetOf({ inbox: store.objects, clock: store.clock }, intent, target)
  for await (const one of triedChanges(store, intent, inbox, undefined, runs))
    if (tried.length < MOST_TRIED) tried.push(one)
  yield file('candidates.jsonl', lines(tried))

  const ends = await deadEnds(store, target, contract)
  yield file('dead-ends.jsonl', lines(ends))

  const manifest = {
    brief: 'brief.v1' as const,
    intent,
    target: digestOf(target),
    pack: digestOf(contract.pack),
    suite: digestOf(contract.suite),
    cases: { told: rows.length, of },
    tried: { told: tried.length, runs: runs.told, runs_left_out: runs.left_out },
    dead_ends: ends.length,
  }
  yield file('SKILL.md', skillText)
  yield file('README.md', readmeText(told, manifest, await elsewhereTold(store, target, contract)))
  const whole = BriefManifest.parse({ ...manifest, files: digests })
  yield { path: MANIFEST, text: pretty(whole) }
  return whole
}

const casePath = (n: number, { case_id }: CaseTold): string =>
  `cases/${String(n).padStart(4, '0')}-${segment(case_id).slice(0, MOST_NAME)}.json`

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
const lines = (values: readonly unknown[]): string => values.map((one) => `${JSON.stringify(one)}\n`).join('')
