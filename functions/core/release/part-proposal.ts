/** Builds the proposal of another producer for a part of the tuple that replay cannot judge, or says what stands against it. */
import type { BaselineTuple, ContextPack, ReleaseTuple } from '#schemas/pack.ts'
import type { PartChange, PartProposal, PartProposalFile } from '#schemas/part-proposal.ts'
import { PLACES, requiredRoles } from '#schemas/part-words.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import { personProblem } from '#schemas/person.ts'
import type { Rebaseline } from '#schemas/quarterly.ts'
import { RISK_CLASSES } from '#schemas/stages.ts'
import { canonical, digestOf } from '../canonical.ts'
import { documentDiff } from '../proposal/document-diff.ts'
import { stampOf } from '../review/any-proposal.ts'
import { refName } from './ref.ts'
import { pinTuple, tupleId } from './tuple.ts'

/** What a store knows that a proposal is about. */
export interface PartFacts {
  /** Of the baseline. */
  readonly pack: ContextPack
  /** Texts of the part: in force, and new; null: the store does not hold it. */
  readonly before: { readonly text: string; readonly digest: string } | null
  readonly after: { readonly text: string; readonly digest: string } | null
  /** The newest quarter, with what it says of the intent; null: none was looked at. */
  readonly quarter: {
    readonly date: string
    readonly digest: string
    readonly rebaseline: Rebaseline | null
  } | null
  readonly search_set: PartProposal['search_set']
  /** Digests of what the baseline names, by its places. */
  readonly documents: Readonly<Record<string, string>>
  readonly now: string
}

type Version = Exclude<PartProposalFile, { part: 'pack' }>

/** Id of a proposal, before it is known whether it may be filed: the same change on the same baseline has the same. */
export function partId(file: PartProposalFile): string {
  const change = file.part === 'pack' ? [...file.retire_surfaces].sort() : [file.to, file.digest]
  return `pp_${file.part}_${digestOf([file.intent, file.baseline_tuple, file.part, change]).slice(7, 19)}`
}

/** The proposal, or everything that stands against it, in words. */
export function buildPartProposal(
  file: PartProposalFile,
  facts: PartFacts,
): { readonly proposal: PartProposal } | { readonly problems: readonly string[] } {
  const { intent, baseline_tuple: refs, part } = file
  const problems = [...peopleProblems(file), ...riskProblems(file, facts.pack)]
  const from = refs[PLACES[part]]
  problems.push(...(file.part === 'pack' ? surfaceProblems(file, facts.pack) : versionProblems(file, from, facts)))
  if (file.part === 'evaluators') problems.push(...quarterProblems(file, from, facts.quarter))
  if (problems.length > 0) return { problems }
  return {
    proposal: {
      kind: 'part_release',
      tuning_proposal_id: partId(file),
      status: 'proposed',
      certified: false,
      certification: NOT_CERTIFIED,
      target: { intent },
      change: changeOf(file, from, facts),
      baseline_refs: refs,
      baseline_tuple: tupleId(intent, refs),
      search_set: facts.search_set,
      risk_class: file.risk_class,
      release_path: {
        requires_reviewers: requiredRoles(file.risk_class, part, file.requires_reviewers),
        rollout_stage: '0%_shadow',
        rollback_target: from,
      },
      owner: file.owner,
      producer: file.producer,
      rationale: file.reason,
      proposed_at: facts.now,
      computed_from: {
        ...facts.documents,
        search_set: facts.search_set.digest,
        ...(file.part === 'pack' ? {} : { new_version: file.digest }),
        ...(file.part === 'evaluators' ? { quarter: facts.quarter!.digest } : {}),
      },
    },
  }
}

/** A suite without the name of its schema, which an editor reads and nobody else. */
function withoutSchema(text: string): string {
  const { $schema: _, ...suite } = JSON.parse(text)
  return canonical(suite)
}

function changeOf(file: PartProposalFile, from: string, { before, after, quarter }: PartFacts): PartChange {
  if (file.part === 'pack') return { part: 'pack', from, retire_surfaces: [...file.retire_surfaces].sort() }
  const told = file.part === 'evaluators' ? withoutSchema : (text: string) => text
  const compared = before && documentDiff(told(before.text), told(after!.text))
  const { to, digest } = file
  const replaced = {
    from,
    to,
    was: before?.digest ?? null,
    digest,
    diff: compared?.diff ?? null,
    edits: compared?.edits ?? null,
  }
  if (file.part !== 'evaluators') return { part: file.part, ...replaced }
  const { runs, flipped_runs } = quarter!.rebaseline!
  return {
    part: 'evaluators',
    ...replaced,
    rebaseline: { date: quarter!.date, digest: quarter!.digest, runs, flipped_runs },
  }
}

function peopleProblems({ owner }: PartProposalFile): string[] {
  const why = personProblem(owner)
  return why === null ? [] : [`owner "${owner}" ${why}`]
}

function riskProblems({ intent, risk_class }: PartProposalFile, { pack, intents }: ContextPack): string[] {
  const known = intents.find((one) => one.intent_id === intent)
  if (!known) return [`intent "${intent}" is none of ${pack}: it has ${intents.map((i) => i.intent_id).join(', ')}`]
  return RISK_CLASSES.indexOf(risk_class) < RISK_CLASSES.indexOf(known.risk_class)
    ? [
        `risk_class is ${risk_class}, and ${intent} is ${known.risk_class}: a proposal cannot make its intent less risky`,
      ]
    : []
}

function versionProblems(
  { part, to, digest, baseline_tuple }: Version,
  from: string,
  { after, before }: PartFacts,
): string[] {
  const other = Object.entries(baseline_tuple).find(
    ([place, ref]) => place !== PLACES[part] && ref !== undefined && refName(ref) === refName(to),
  )
  if (other && refName(from) !== refName(to))
    return [`${to} is of the ${other[0]} of baseline_tuple, and no version of its ${PLACES[part]}`]
  if (to === from) return [`${to} is in force already: give the new version a number of its own`]
  if (after === null)
    return [
      `${to} is not in this store: "autotune import --${part === 'evaluators' ? 'suite FILE' : `document ${to}=FILE`}"`,
    ]
  if (after.digest !== digest)
    return [
      `digest is ${digest}, and ${to} was imported as ${after.digest}: people decide on these bytes and no others`,
    ]
  return after.text === before?.text ? [`${to} says what ${from} says, word for word: there is nothing to decide`] : []
}

function surfaceProblems(
  { intent, retire_surfaces }: Extract<PartProposalFile, { part: 'pack' }>,
  { pack, tunable_surfaces }: ContextPack,
): string[] {
  const twice = retire_surfaces.filter((path, i) => retire_surfaces.indexOf(path) !== i)
  return [
    ...twice.map((path) => `surface "${path}" stands there twice`),
    ...retire_surfaces
      .filter((path) => !tunable_surfaces.some((s) => s.path === path && s.intents.includes(intent)))
      .map((path) => `"${path}" is no surface of ${intent} in ${pack}`),
  ]
}

/** Evaluators decide what is good: they change by the quarter's comparison of both suites, and by no other way. */
function quarterProblems(
  { intent, to, rebaseline: date }: Extract<PartProposalFile, { part: 'evaluators' }>,
  from: string,
  quarter: PartFacts['quarter'],
): string[] {
  const way = `evaluators change by the quarterly path only: "autotune cadence quarterly --suite ${to}" puts both suites side by side`
  if (date === undefined) return [`${way}; then name its day as rebaseline`]
  if (quarter === null || quarter.date !== date)
    return [
      `${way}. rebaseline names ${date}, and the newest quarter is ${quarter === null ? 'none' : `that until ${quarter.date}`}`,
    ]
  const of = quarter.rebaseline
  if (of === null || of.from !== from || of.to !== to)
    return [
      `${way}. The quarter until ${date} compared ${of === null ? `no other suite for ${intent}` : `${of.from} with ${of.to}`}, and not ${from} with ${to}`,
    ]
  return of.runs > 0 ? [] : [`${way}. The quarter until ${date} found no recorded run of ${intent} to compare them on`]
}

/** Refs of the tuple that a proposal of another version comes to. */
export const candidateRefs = ({ change, baseline_refs }: PartProposal, pack: string): BaselineTuple => ({
  ...baseline_refs,
  [PLACES[change.part]]: change.part === 'pack' ? pack : change.to,
})

/** The tuple that a proposal comes to. `pack`: the pack without the retired surfaces, under its own version. */
export function partTuple(prior: ReleaseTuple, proposal: PartProposal, pack: ContextPack): ReleaseTuple {
  const { change } = proposal
  const digest = change.part === 'pack' ? digestOf(pack) : change.digest
  const digests = { ...prior.digests, [PLACES[change.part]]: digest }
  return { ...pinTuple(prior.intent, candidateRefs(proposal, pack.pack), digests, prior), ...stampOf(proposal) }
}

/** A pack in which an intent may not tune some paths any more: a surface that no other intent has goes, its setting stays. */
export const withoutSurfaces = (pack: ContextPack, intent: string, paths: readonly string[]): ContextPack => ({
  ...pack,
  tunable_surfaces: pack.tunable_surfaces.flatMap((surface) => {
    if (!paths.includes(surface.path)) return [surface]
    const intents = surface.intents.filter((one) => one !== intent)
    return intents.length === 0 ? [] : [{ ...surface, intents }]
  }),
})
