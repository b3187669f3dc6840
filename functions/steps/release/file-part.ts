/** Files the proposal of another producer for a part that replay cannot judge, or says everything that stands against it. */
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { buildPartProposal, type PartFacts, partId } from '#core/release/part-proposal.ts'
import { digestsOf } from '#core/release/tuple.ts'
import type { PartProposal, PartProposalFile } from '#schemas/part-proposal.ts'
import { PLACES } from '#schemas/part-words.ts'
import type { QuarterlyCadence } from '#schemas/quarterly.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { digestOfObject, orNull, readJson, readText, streamLines } from '../../streams/read-object.ts'
import { compileSearch } from '../experience/compile.ts'
import { documentDigests, pinnedDocuments } from '../experience/documents.ts'
import { needHeads } from '../heads/check.ts'
import { standsAgainst } from '../review/part-evidence.ts'
import { type FiledRow, readPart } from '../review/part-proposals.ts'
import { latestReview } from '../review/reviews.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { statusOfProposal } from './lineage.ts'

/** The proposal as it was filed, and whether it stood there before. */
export interface Filed {
  readonly proposal: PartProposal
  readonly status: Awaited<ReturnType<typeof statusOfProposal>>
  readonly isNew: boolean
}

/**
 * Files a proposal, once: the same change on the same baseline is the one that stands. Nothing of it is replayed. Throws
 * UserError, with nothing written, for everything that stands against it.
 */
export async function filePart(store: Store, file: PartProposalFile): Promise<Filed> {
  await needHeads(store)
  const id = partId(file)
  const standing = await readPart(store, id)
  if (standing) return await again(store, standing)
  const problems = await standsAgainst(store, id, file.intent, file.baseline_tuple)
  const facts = problems.length > 0 ? null : await factsOf(store, file)
  const built = facts && ('problems' in facts ? facts : buildPartProposal(file, facts))
  if (built && 'problems' in built) problems.push(...built.problems)
  if (!built || 'problems' in built)
    throw new UserError(
      `this proposal cannot be filed; nothing was written:\n${problems.map((p) => `  ${p}`).join('\n')}`,
    )
  const { proposal } = built
  const row: FiledRow = { digest: digestOf(proposal), intent: file.intent }
  await store.objects.put(keys.partProposal(id, row.digest), `${canonical(proposal)}\n`)
  if (await store.table.create(...rowKeys.proposalFiled(id), row)) return { proposal, status: 'proposed', isNew: true }
  return await again(store, (await readPart(store, id))!)
}

/** A change that was proposed on this baseline before: it goes on where it stands, and one that was turned down stays so. */
async function again(store: Store, proposal: PartProposal): Promise<Filed> {
  const id = proposal.tuning_proposal_id
  const status = await statusOfProposal(store, id)
  if (GOES_ON.includes(status)) return { proposal, status, isNew: false }
  const no = (await latestReview(store, id))?.review.decisions.find(({ decision }) => decision === 'rejected')
  throw new UserError(
    `the same change of the same tuple was proposed before: ${id} is ${status.replace('_', ' ')}${no ? ` (${no.reviewer} as ${no.role}: ${no.reason})` : ''}. Propose another version, or the same on the tuple that is in force then`,
  )
}

const GOES_ON: readonly Filed['status'][] = ['proposed', 'in_review', 'approved', 'expired']

async function factsOf(
  store: Store,
  file: PartProposalFile,
): Promise<PartFacts | { readonly problems: readonly string[] }> {
  const { objects } = store
  const { intent, baseline_tuple: refs, part } = file
  const { pack, suite, prices } = await pinnedDocuments(objects, { intent, baseline_tuple: refs })
  const lost = [...(pack ? [] : [refs.pack]), ...(suite ? [] : [refs.evals])]
  if (!pack || !suite)
    return { problems: lost.map((ref) => `${ref} of baseline_tuple is not in this store: import it`) }
  const documents = await documentDigests(objects, refs)
  return {
    pack,
    before: await documentAt(objects, part, refs[PLACES[part]]),
    after: file.part === 'pack' ? null : await documentAt(objects, part, file.to),
    quarter: file.part === 'evaluators' ? await newestQuarter(store, intent) : null,
    search_set: await searchSet(store, intent),
    documents: digestsOf({ pack, evaluator_suite: suite, price_table: prices, documents }),
    now: store.clock.now(),
  }
}

/** A version of a part with the digest that a tuple pins it by. */
async function documentAt(
  objects: ObjectStore,
  part: PartProposalFile['part'],
  ref: string,
): Promise<PartFacts['after']> {
  if (part === 'policy' || part === 'tools') {
    const text = await readText(objects, keys.document(ref))
    return text === null ? null : { text, digest: digestOfBytes(text) }
  }
  const value = await readJson(objects, part === 'pack' ? keys.pack(ref) : keys.suite(ref))
  return value === null ? null : { text: canonical(value), digest: digestOf(value) }
}

async function newestQuarter(store: Store, intent: string): Promise<PartFacts['quarter']> {
  const at = (await Array.fromAsync(store.objects.list(keys.quarterlyCadences()))).sort().at(-1)
  const quarter = at === undefined ? null : await orNull(readJson<QuarterlyCadence>(store.objects, at))
  if (at === undefined || quarter === null) return null
  const digest = (await digestOfObject(store.objects, at))!
  return {
    date: quarter.date,
    digest,
    rebaseline: quarter.intents.find((of) => of.intent === intent)?.rebaseline ?? null,
  }
}

/** Cases for the way back: compiled anew; in a deployment, where whoever files may compile none, those of the newest run. */
async function searchSet(store: Store, intent: string): Promise<PartProposal['search_set']> {
  const none = (todo: string) =>
    new UserError(`there is no recorded case of ${intent} on which the way back could be replayed: ${todo}`)
  if (!store.rolesApart) {
    const set = await compileSearch(store, intent)
    if (set.cases === 0) throw none('import runs of it')
    return set
  }
  const digest = await digestOfObject(store.objects, keys.goldens(intent))
  let cases = 0
  if (digest !== null) for await (const _ of streamLines(store.objects, keys.goldensAt(intent, digest))) cases++
  if (digest === null || cases === 0) throw none('run its target once, which compiles them')
  return { ref: `goldens/${intent}/search@${digest.slice(7, 19)}`, digest, cases }
}
