/**
 * `autotune propose`: what the search side says of hand-written changes, which spends and writes nothing; of what a program outside
 * proposes, which is counted; or files the proposal of another producer.
 */
import { isWritable } from '#adapters/local/files/writable.ts'
import { chosenReplayer, openHarness } from '../embedded/engine.ts'
import type { HarnessEngine } from '../embedded/harness-engine.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { type InboxReplies, proposeCounted } from '../steps/run/inbox.ts'
import { type Proposed, proposeChanges } from '../steps/run/propose.ts'
import { changesOf } from './changes.ts'
import { inboxFolder, isFolder } from './inbox-folder.ts'
import { nextCommand } from './next.ts'
import { isLocal, openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import { partIn, proposePart } from './propose-part.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { inboxLines } from './text-inbox.ts'
import { proposeLines, survives } from './text-propose.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target?: string
  readonly again?: boolean
  readonly replayer?: string
  readonly cage?: boolean
  readonly concurrency?: number
  readonly limitMs?: number
}

/** New proposals that one call looks at. */
const MOST_NEW = 100

/** Exit code: 0 a run of these changes would keep each, 3 some not, 2 some are out of bounds, unreadable or beyond the budget. */
export async function propose(file: string, { json, target: targetFile, again, ...o }: Options): Promise<number> {
  const folder = isFolder(file) ? inboxFolder(file) : null
  const text = folder ? '' : readInput(file)
  const part = folder ? null : partIn(text, file)
  if (part) return await proposePart(part, file, { json, ...o })
  if (targetFile === undefined)
    throw new UserError('hand-written changes are looked at for a target: name it with --target FILE')
  const target = parseTarget(readInput(targetFile), targetFile)
  const changes = folder ? [] : changesOf(text, file)
  const replayer = chosenReplayer(target, targetFile, o.replayer)
  if (isDeployed(o) && replayer !== 'transcript')
    throw new UserError('propose replays transcripts of a deployment; a harness of your own is replayed on a folder')
  const store = await openExisting(o, terminalProgress())
  let harness: HarnessEngine | null = null
  try {
    await soundDocuments(store.objects, target)
    if (replayer !== 'transcript' && isLocal(store))
      harness = await openHarness(store, target.intent ?? '', { ...o, replayer })
    // A person's change names nobody. Where nothing can be written nothing is counted, and there is nothing to keep an answer in.
    const isCounted = folder !== null || changes.some(({ change }) => change.origin !== undefined)
    if (isCounted && (!isLocal(store) || isWritable(store.dir))) {
      if (again) throw new UserError('--again is of hand-written changes: what an inbox answered it answers again')
      const ports = { looked: store, inbox: store.objects, clock: store.clock }
      const handed = folder?.handed ?? changes
      const answered = await proposeCounted(ports, target, handed, harness, folder ? MOST_NEW : changes.length)
      const waiting = folder ? folder.files - answered.replies.length - answered.refused : 0
      return printCounted(json, answered, {
        waiting,
        passed_over: folder?.passed_over ?? 0,
        passed_over_why: folder?.passed_over_why ?? null,
      })
    }
    if (folder)
      throw new UserError(
        `nothing can be written into the store ${o.store} from here: proposals of an inbox are counted in it`,
      )
    const proposed = await proposeChanges(store, target, changes, harness, { again: again === true })
    const code = exitCode(proposed)
    const isUnrecorded = proposed.changes.some(({ assessed }) => assessed?.fate === 'unreplayable')
    print(json, { verdict: VERDICT[code], ...proposed }, () => [
      ...proposeLines(proposed),
      ...(isUnrecorded && !harness && isLocal(store)
        ? [`plan     ${nextCommand(o, ['plan', '--target', targetFile, '--candidates', file])}`]
        : []),
    ])
    return code
  } finally {
    harness?.close()
    store.close()
  }
}

function printCounted(json: boolean, answered: InboxReplies, notRead: Parameters<typeof inboxLines>[1]): number {
  const { proposed, replies, intent, quarter, budget, spent, refused } = answered
  const isOut = replies.some((reply) => reply.how === 'unreadable' || reply.answer.problems.length > 0)
  const keeps = replies.every((reply) => reply.how !== 'unreadable' && reply.answer.survives)
  const code = isOut || refused > 0 ? 2 : keeps ? 0 : 3
  const object = {
    verdict: refused > 0 ? 'budget_spent' : VERDICT[code],
    intent,
    ...proposed,
    inbox: { quarter, budget, spent, refused, ...notRead },
    replies: replies.map((reply) => {
      if (reply.how === 'unreadable') return reply
      const { at, how, entry, answer } = reply
      return { at, how, n: entry.n, origin: entry.origin, patch: entry.change.patch, answer }
    }),
  }
  print(json, object, () => inboxLines(answered, notRead))
  return code
}

const VERDICT = { 0: 'within_limits', 2: 'out_of_bounds', 3: 'some_not' } as const

function exitCode({ changes }: Proposed): keyof typeof VERDICT {
  if (changes.some((c) => c.problems.length > 0)) return 2
  return changes.every((c) => survives(c) && c.released === null) ? 0 : 3
}
