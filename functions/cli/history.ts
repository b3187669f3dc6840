/** `autotune history`: what was tried before on the intent of a target, or on one setting of it, and what became of it. */
import type { TriedChange } from '#schemas/agent.ts'
import type { HandWrittenChange } from '#schemas/candidate.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { count } from '../pages/kit/format.ts'
import { triedChanges } from '../steps/agent/tried.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { boundedEach } from '../steps/run/hand-written.ts'
import { budgetOf, type InboxRow } from '../steps/run/inbox.ts'
import { nearText } from './near.ts'
import { writeNew } from './new-file.ts'
import { nextCommand } from './next.ts'
import { openToLook } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { clip, fromTo, number, reasonText } from './text.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target: string
  readonly limit: number
  /** File for the changes of the inbox that a run may take. */
  readonly changes?: string
}

export async function history(
  path: string | undefined,
  { json, target: file, limit, changes, ...o }: Options,
): Promise<number> {
  const target = parseTarget(readInput(file), file)
  const store = await openToLook(o)
  try {
    await soundDocuments(store.objects, target)
    const { pack, resolved } = await answeredContract(store, target)
    const paths = pack.tunable_surfaces.map((surface) => surface.path)
    if (path !== undefined && !paths.includes(path))
      throw new UserError(
        `"${path}" is no surface of ${pack.pack}${nearText(path, paths)}: there are ${paths.join(', ')}`,
      )
    const ports = { inbox: store.objects, clock: store.clock }
    const { rows, quarter, budget, spent } = await budgetOf(ports, resolved.intent, target)
    const tried: TriedChange[] = []
    let more = false
    for await (const one of triedChanges(store, resolved.intent, rows, path)) {
      more = tried.length === limit
      if (more) break
      tried.push(one)
    }
    const kept = changes === undefined ? [] : await keptChanges(rows, pack, target)
    const written = changes !== undefined && kept.length > 0 ? changes : null
    if (written !== null)
      writeNew(written, kept.map((one) => `${JSON.stringify(one)}\n`).join(''), undefined, '--changes')
    print(json, { intent: resolved.intent, path: path ?? null, quarter, budget, spent, tried, more, written }, () => [
      ...(tried.length === 0
        ? [`nothing was tried before${path === undefined ? '' : ` on ${path}`}`]
        : tried.flatMap(triedLines)),
      ...(more ? [`   ... and more (--limit ${limit * 2})`] : []),
      `budget   ${spent} of ${budget} proposals of ${resolved.intent} in ${quarter}`,
      ...(changes === undefined
        ? []
        : written === null
          ? ['written  nothing: the search side would keep no change of the inbox']
          : [
              `written  ${written}: ${count(kept.length, 'change')} that the search side would keep`,
              `next     ${nextCommand(o, ['run', '--target', file, '--candidates', written])}`,
            ]),
    ])
    return 0
  } finally {
    store.close()
  }
}

/**
 * Changes of the inbox that were within every limit and better when they were answered last, as far as they are within the bounds of
 * the pack now, each once and under the name of whoever proposed it.
 */
async function keptChanges(
  rows: readonly InboxRow[],
  pack: ContextPack,
  target: TuningTarget,
): Promise<HandWrittenChange[]> {
  const latest = new Map(rows.flatMap((row) => (row.entry && row.answer ? [[row.entry.digest, row] as const] : [])))
  const survived = [...latest.values()].flatMap(({ quarter, n, entry, answer }) =>
    entry && answer?.survives ? [{ at: `${quarter} no. ${n}`, change: { ...entry.change, origin: entry.origin } }] : [],
  )
  const bounded = await boundedEach(survived, pack, target)
  return bounded.flatMap(({ candidate, change }) => (candidate ? [change] : []))
}

function triedLines({ by, of, date, patch, origin, fate, reason, value, failed }: TriedChange): string[] {
  const values = Object.entries(patch).map(([path, given]) => {
    const { from, to } = typeof given === 'object' ? given : { from: undefined, to: given }
    return `${path} ${from === undefined ? `-> ${clip(to)}` : fromTo(from, to)}`
  })
  return [
    values.join(', '),
    `   ${(fate ?? '-').padEnd(17)} ${clip(reasonText(reason), 200)}`,
    `   ${by} ${of} on ${date.slice(0, 10)}${origin === null ? '' : `, by ${origin}`}${value === null ? '' : `; metric ${number(value)}`}${failed.length === 0 ? '' : `; blocked by ${failed.join(', ')}`}`,
  ]
}
