/** `autotune propose FILE` of `kind: part_release`: files a new version of a part that replay cannot judge, for review. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeployedStore } from '#adapters/aws/deployed-store.ts'
import { readableCause } from '#adapters/aws/readable-cause.ts'
import { partId } from '#core/release/part-proposal.ts'
import { PartProposalFile } from '#schemas/part-proposal.ts'
import { UserError } from '../errors.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { type Filed, filePart } from '../steps/release/file-part.ts'
import { statusOfProposal } from '../steps/release/lineage.ts'
import { readPart } from '../steps/review/part-proposals.ts'
import { RULE } from './changes.ts'
import { nearText } from './near.ts'
import { nextCommand } from './next.ts'
import { type CommandStore, isLocal, openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { partLines } from './text-part.ts'

interface Options extends StoreOptions {
  readonly json: boolean
}

/** Exit code 0: it is filed, or stood there before. Nothing of it was replayed, and it says so. */
export async function proposePart(value: unknown, at: string, { json, ...o }: Options): Promise<number> {
  const file = parseAs(PartProposalFile, value, at)
  const store = await openExisting(o, terminalProgress())
  try {
    const { proposal, status, isNew } = isLocal(store) ? await filePart(store, file) : await handIn(store, file)
    const { tuning_proposal_id: id, release_path, certification } = proposal
    const told = { proposal: id, verdict: certification, certified: false, status, filed: isNew }
    const seats = release_path.requires_reviewers.flatMap((role) => ['--reviewer', `${role}=PERSON`])
    print(json, { ...told, tuning_proposal: proposal }, () => [
      ...partLines(proposal, status),
      isNew
        ? 'filed    nothing was replayed, and no question was spent'
        : 'filed    it stood there before, and stays as it was',
      isLocal(store)
        ? `next     ${nextCommand(o, ['review', id, ...seats])}`
        : `next     its reviewers are written to; ${nextCommand(o, ['show', id])}`,
    ])
    return 0
  } finally {
    store.close()
  }
}

/** Hands a file to the review workflow of a deployment, and waits until that has filed it. */
async function handIn(store: Extract<CommandStore, DeployedStore>, file: PartProposalFile): Promise<Filed> {
  const id = partId(file)
  const before = await readPart(store, id)
  const execution = await store.workflows.propose(file)
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 5000)) {
    const state = await store.workflows.describe(execution)
    if (state.status === 'failed') throw new UserError(readableCause(state.cause))
    const proposal = await readPart(store, id)
    if (proposal) return { proposal, status: await statusOfProposal(store, id), isNew: before === null }
    await sleep(wait)
  }
}

/** `kind` of a file that holds such a part. */
const PART = 'part_release'

/** The part that a file proposes; null: it names no kind, or that of a rule, which replay can judge, so it holds changes. */
export function partIn(text: string, file: string): object | null {
  if (!text.trimStart().startsWith('{') || !/"kind"\s*:/.test(text)) return null
  const value = whole(text, file) as { readonly kind?: unknown } | null
  if (value?.kind === undefined || value.kind === RULE) return null
  if (value.kind === PART) return value
  throw new UserError(
    `${file}: kind: ${JSON.stringify(value.kind).slice(0, 60)} is no kind of proposal: there are ${RULE} and ${PART}${nearText(String(value.kind), [RULE, PART])}`,
  )
}

/** The one value of a file; null: it holds JSON lines. A file that is neither is told of where it stops being JSON. */
function whole(text: string, file: string): unknown {
  try {
    return parseJson(text, file)
  } catch (error) {
    const [first = ''] = text.trim().split('\n')
    if (error instanceof UserError && /^\{.*\}$/.test(first.trim())) return null
    throw error
  }
}
