/** What `doctor` prints: a check a line, or with `--verbose` every table behind them. */
import { betterCage } from '#adapters/local/cage/level.ts'
import type { Question } from '#core/contract/questions.ts'
import { VAULT_READERS } from '#core/gate/vault-reader.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { outgrownLine } from '../../steps/heldout/outgrown.ts'
import type { UnfinishedRun } from '../../steps/run/unfinished.ts'
import { asTyped, nextCommand } from '../next.ts'
import { isLocal, type readerOf } from '../open.ts'
import type { StoreOptions } from '../store-options.ts'
import { contractLines, standsLines } from '../text.ts'
import { type Check, checkLines, guardrailChecks, mendOf, questionChecks } from './checks.ts'
import type { Asked, Found } from './found.ts'
import {
  adviceLines,
  cageTableLines,
  certifiableLines,
  guardrailLines,
  isUnrecorded,
  reachText,
  ruleLines,
  ruleNotes,
  spaceLines,
  spaceText,
  suiteLines,
  surfaceLines,
} from './tables.ts'

/** What is known before anybody looks at the records. */
export interface Frame {
  readonly questions: readonly Question[]
  /** The target, and the store, as they were typed. */
  readonly file: string
  readonly place: StoreOptions
  readonly stopped: readonly UnfinishedRun[]
  /** Who can read the vault; null without a store. */
  readonly reader: Awaited<ReturnType<typeof readerOf>> | null
}

const noteOf = (about: string, says: string): Check => ({ state: 'note', about, says })

const stoppedChecks = ({ stopped }: Frame): Check[] =>
  stopped.flatMap(({ run, where, go_on, give_up }): Check[] => [
    { state: 'note', about: 'stopped', says: `run ${run}: ${where}`, mend: asTyped(go_on) },
    noteOf('give up', asTyped(give_up)),
  ])

const stoppedLines = ({ stopped }: Frame): string[] =>
  stopped.flatMap((found) => [`stopped  run ${found.run}`, ...standsLines(found).map((line) => `   ${line}`)])

const vaultChecks = ({ reader }: Frame): Check[] => (reader ? [noteOf('vault', VAULT_READERS[reader.vault])] : [])

/** Of a target whose questions are not all answered. */
export const unansweredLines = (frame: Frame, verbose: boolean): string[] => {
  const { questions, file, place, reader } = frame
  if (verbose) return [...contractLines(questions), ...stoppedLines(frame), ...(reader ? [reader.line] : [])]
  return checkLines([...questionChecks(questions, file, place), ...stoppedChecks(frame), ...vaultChecks(frame)])
}

/** A line a check, each with what mends it. */
export function foundChecks(frame: Frame, asked: Asked, found: Found): string[] {
  const { file, place } = frame
  return checkLines([
    ...questionChecks(frame.questions, file, place),
    ...stoppedChecks(frame),
    ...recordChecks(place, found),
    ...cageLinesOf(asked, found).map((line) => noteOf('caged', line.slice(9))),
    ...found.heavy.map((line) => noteOf('units', line)),
    { state: 'ok', about: 'search', says: spaceText(found.space) },
    ...surfaceChecks(frame, asked, found),
    ...found.suite.flatMap(({ finding }) => (finding === null ? [] : [noteOf('suite', finding)])),
    ...found.says.kept.map((line) => noteOf('limits', line)),
    ...ruleNotes(found.rules).map((line) => noteOf('rule', line)),
    ...sealedChecks(place, asked, found),
    ...vaultChecks(frame),
  ])
}

function recordChecks(place: StoreOptions, found: Found): Check[] {
  const { twice, traces, near, waiting, traced, estimated, memory, refusals } = found.says
  const notes: [string, string | null][] = [
    ['twice', twice],
    ['records', traces],
    ['copies', near],
    ['corrections', waiting],
    ...traced.map((line): [string, string] => ['traced', line]),
    ['tokens', estimated],
    ['memory', memory],
    ['red team', refusals],
  ]
  return [
    {
      state: found.problems.length > 0 ? 'FAIL' : 'ok',
      about: 'records',
      says: `${reproduceText(found, 'search cases')}; ${found.reproduction.panel.families} families`,
    },
    ...found.problems.map((says): Check => ({ state: 'FAIL', about: 'records', says, mend: mendOf(says, place) })),
    ...notes.flatMap(([about, says]) => (says ? [noteOf(about, says)] : [])),
  ]
}

const surfaceChecks = ({ file, place }: Frame, { store }: Asked, { surfaces }: Found): Check[] => [
  ...surfaces
    .filter((r) => r.inert)
    .map((r) => noteOf('surface', `${r.path} changes nothing in these records (--verbose says where)`)),
  ...surfaces.filter(isUnrecorded).map(
    (r): Check => ({
      ...noteOf('surface', `${r.path} ${reachText(r)}: a run does not search what nobody recorded`),
      ...(isLocal(store) && { mend: nextCommand(place, ['plan', '--target', file]) }),
    }),
  ),
]

function sealedChecks(place: StoreOptions, { resolved }: Asked, found: Found): Check[] {
  const { others, refused, counted, needed, labels, guardrails, isReady } = found
  const advice = isReady ? [] : adviceLines(found.certifiable, resolved.heldout_share)
  return [
    ...others.filter(({ open }) => open === null).map((one) => noteOf('held out', outgrownLine(one))),
    ...refused.map(
      (says): Check => ({
        state: 'FAIL',
        about: 'held out',
        says,
        mend: mendOf(says, place) ?? nextCommand(place, ['import', 'FILES']),
      }),
    ),
    ...(refused.length > 0 ? [] : [noteOf('held out', heldoutText(counted, needed))]),
    ...labels.map((line) => noteOf('labels', line)),
    ...guardrailChecks(guardrails),
    ...advice.map((line) => noteOf('mend', line.trim().replace(/ {2,}/, ' '))),
  ]
}

/** Every table behind the checks. */
export function foundTables(frame: Frame, asked: Asked, found: Found): string[] {
  const { says } = found
  const { panel, examples = {} } = found.reproduction
  const labelled = (label: string, line: string | null): string[] => (line ? [`${label.padEnd(8)} ${line}`] : [])
  return [
    ...contractLines(frame.questions),
    ...stoppedLines(frame),
    `search   ${reproduceText(found, 'cases')}`,
    ...Object.values(examples).map((e) => `   LEFT OUT ${e}`),
    ...labelled('twice', says.twice),
    ...labelled('records', says.traces),
    ...labelled('copies', says.near),
    ...labelled('records', says.waiting),
    ...says.traced.flatMap((line) => labelled('traced', line)),
    ...labelled('tokens', says.estimated),
    ...labelled('memory', says.memory),
    ...labelled('red team', says.refusals),
    ...cageLinesOf(asked, found),
    `units    ${panel.families} families made ${panel.cases.length} search decisions`,
    ...found.heavy.map((line) => `   HEAVY    ${line}`),
    ...found.problems.map((p) => `   PROBLEM  ${p}`),
    ...spaceLines(found.space),
    ...ruleLines(found.rules),
    ...surfaceLines(found.surfaces),
    ...suiteLines(asked.pins.suite.suite, found.suite),
    ...says.kept.flatMap((line) => labelled('limits', line)),
    `held out ${heldoutText(found.counted, found.needed)}`,
    ...found.labels.flatMap((line) => labelled('labels', line)),
    ...found.others.map((one) => `   OTHER    ${outgrownLine(one)}`),
    ...(frame.reader ? [frame.reader.line] : []),
    ...guardrailLines(found.guardrails),
    ...certifiableLines(found.certifiable, asked.resolved.heldout_share),
    ...found.refused.map((reason) => `   REFUSED  ${reason}`),
  ]
}

function reproduceText({ reproduction, cases }: Found, what: string): string {
  const excluded = Object.entries(reproduction.excluded).map(([reason, n]) => `${n} ${reason}`)
  return `${reproduction.panel.cases.length} of ${cases} ${what} reproduce under the baseline${excluded.length > 0 ? ` (left out: ${excluded.join(', ')})` : ''}`
}

/** How code of a user's is held; nothing where none runs. */
const cageLinesOf = ({ pins }: Asked, { verdictsHeld }: Found): string[] =>
  pins.replayer.kind !== 'transcript' || verdictsHeld
    ? cageTableLines({ replayer: pins.replayer, verdict_cage: verdictsHeld }, betterCage())
    : []

const heldoutText = (facts: HeldoutVersion | null, needed: number | null): string =>
  facts === null
    ? 'no version is sealed yet, and only a run may look into the vault: it seals one, and asks nothing that is too small to answer'
    : `${facts.families} families (${facts.labelled} labelled), ${facts.questions} question${facts.questions === 1 ? '' : 's'} at level ${facts.alpha_k}; the largest need is ${needed ?? 'beyond any number'}, assuming a clean sheet`
