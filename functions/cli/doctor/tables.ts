/** What `doctor` prints beside the contract: rules, surfaces, guardrails, and what could be certified. */
import type { SuiteRow } from '#core/contract/mixed-suite.ts'
import type { RuleRow } from '#core/evaluate/rule-table.ts'
import type { CertifiableLimit, CertifiableRow } from '#core/gate/certifiable.ts'
import type { GuardrailNeed } from '#core/gate/guardrail-table.ts'
import { cageLines, type Held } from '#core/replay/cage.ts'
import { EXACT_BELOW, type SpaceSize } from '#core/search/exact-candidates.ts'
import type { Reach } from '#core/search/replayable-values.ts'
import { SAMPLED_CANDIDATES } from '#core/search/sampled.ts'
import type { SurfaceRow } from '#core/search/surface-table.ts'
import { table } from '../layout.ts'
import { number } from '../text.ts'

/** Missing is not 0. */
const cell = (value: number | null): string => String(value ?? '-')

/** One row a rule, and under it an example of everything that is not a plain pass. */
export function ruleLines(rows: readonly RuleRow[]): string[] {
  if (rows.length === 0) return []
  const [above, head, ...lines] = table(
    [
      ['', '', '', 'not', 'not', 'not'],
      ['rule', 'pass', 'fail', 'measured', 'at stake', 'recorded'],
      ...rows.map((r) => [
        `${r.rule} (${r.dimension}${r.role === 'report' ? ', report' : ''})`,
        ...[r.passes, r.fails, r.not_measured, r.not_at_stake, r.not_recorded].map(cell),
      ]),
    ],
    ['left', 'right', 'right', 'right', 'right', 'right'],
  )
  return [
    `rules    on the baseline of ${rows[0]!.cases} search cases`,
    above!,
    head!,
    ...rows.flatMap(({ examples }, at) => [lines[at]!, `      e.g.  ${examples.map(exampleText).join('; ')}`]),
  ]
}

/** Checks that people write themselves: what is wrong with one may be a typing error, and shows nowhere else. */
const WRITTEN: readonly string[] = ['expression', 'recorded_verdict', 'module']

/** What a person who wrote a rule should know of it: it is about no case, or says nothing of some. */
export const ruleNotes = (rows: readonly RuleRow[]): string[] =>
  rows
    .filter(({ check, cases }) => WRITTEN.includes(check) && cases > 0)
    .flatMap(({ rule, cases, not_at_stake, not_measured, examples }) => {
      if (not_at_stake === cases) return [`${rule} applies to none of ${cases} search cases: it certifies nothing`]
      if (not_measured === 0) return []
      const example = examples.find(({ column }) => column === 'not_measured')
      return [
        `${rule} is not measured in ${not_measured} of ${cases} search cases${example ? `, e.g. ${exampleText(example)}` : ''}`,
      ]
    })

const exampleText = ({ column, case_id, says }: RuleRow['examples'][number]): string =>
  `${column.replaceAll('_', ' ')}: ${case_id}${says === null ? '' : ` (${says})`}`

type Space = SpaceSize & { readonly max_fields: number }

/** How large the search space is, and whether a run looks at all of it. */
export function spaceText({ points, within, exact, max_fields }: Space): string {
  if (points === 0)
    return '0 changes: nothing in it is searched. A prompt block is tried as a hand-written change (run --candidates FILE) or by a proposer (run --proposers blocks,sentences)'
  const size = `${number(points)} changes, ${number(within)} of them within ${max_fields} field${max_fields === 1 ? '' : 's'}`
  const how = exact
    ? 'a run looks at every one'
    : `more than ${number(EXACT_BELOW)}, so a run samples ${SAMPLED_CANDIDATES - 1} of them; a coarser step, or fewer values, makes the search exact`
  return `${size}: ${how}`
}

/** The same behind its label. */
export const spaceLines = (space: Space): string[] => [`space    ${spaceText(space)}`]

/** One row a surface: cases that change over its range, and the range that can be replayed; inert ones are named. */
export function surfaceLines(rows: readonly SurfaceRow[]): string[] {
  if (rows.length === 0) return []
  return [
    `surfaces each by itself over its range: of ${rows[0]!.cases} search cases, how many change`,
    ...table(
      [
        ['surface', 'context', 'approval', 'decision', 'replayable'],
        ...rows.map((r) => [r.path, cell(r.contexts), cell(r.approvals), cell(r.decisions), reachText(r)]),
      ],
      ['left', 'right', 'right', 'right', 'left'],
    ),
    ...rows
      .filter((r) => r.inert)
      .map(
        (r) =>
          `   INERT    ${r.path} changes nothing at ${r.looked_at.map(String).join(', ')}: leave it out of search_space, or record runs in which it matters`,
      ),
  ]
}

/** Does it admit a value about which some case says nothing? */
export function isUnrecorded({ values, looked_at, replayable: { all } }: SurfaceRow): boolean {
  if (all === null) return false
  return 'values' in all
    ? all.values.length < values
    : looked_at.some((v) => Number(v) < all.min || Number(v) > all.max)
}

export function reachText({ values, looked_at, replayable, baseline }: SurfaceRow): string {
  if (values === 0) return 'hand-written only: propose'
  if (values === 1) return `${baseline} is its only value`
  const { all, some } = replayable
  if (all === null || some === null) return 'not measured: try propose'
  const [every, any] = [reach(all), reach(some)]
  const looked = looked_at.length < values - 1 ? `; ${looked_at.length} of ${values - 1} values looked at` : ''
  return `${every === any ? every : `${every} in all cases, ${any} in some`} (now ${baseline})${looked}`
}

const reach = (r: Reach): string =>
  'values' in r ? r.values.join(', ') : r.min === r.max ? `${r.min} alone` : `${r.min}..${r.max}`

/** The kinds of evaluators, and what nobody looks at. */
export function suiteLines(suite: string, rows: readonly SuiteRow[]): string[] {
  return [
    `suite    ${suite}: ${rows.map((r) => `${r.evaluators} ${r.kind}`).join(', ')}`,
    ...rows.flatMap(({ finding, add }) =>
      finding === null ? [] : [`   FINDING  ${finding}. Add to a new version of the suite: ${evaluatorText(add!)}`],
    ),
  ]
}

const evaluatorText = (add: NonNullable<SuiteRow['add']>): string =>
  JSON.stringify({ evaluator_id: add.check, evaluator_version: 'YYYY-MM-DD', ...add }).replaceAll(',"', ', "')

/** One row a guardrail. */
export function guardrailLines(rows: readonly GuardrailNeed[]): string[] {
  if (rows.length === 0) return []
  return rows.flatMap((r) => {
    const verdict = r.verdict === null ? 'not known   ' : r.verdict === 'ready' ? 'ready       ' : 'INCONCLUSIVE'
    return [
      `   ${verdict}  ${r.guardrail.padEnd(29)} ${r.note ?? 'no version is sealed yet'}`,
      `${' '.repeat(17)}tests that ${r.tests}`,
    ]
  })
}

const RATES = new Set(['policy', 'safety', 'approval_bypass_rate'])
/** A bound for people is never below the bound: the last digit is rounded up. */
const upTo = (share: number, unit: string): string => {
  const percent = share * 100
  const step = 10 ** (Math.floor(Math.log10(percent)) - 1)
  return `${number(Math.ceil(percent / step - 1e-9) * step)} ${unit}`
}
const shareText = (l: CertifiableLimit, share: number): string =>
  RATES.has(l.guardrail) ? upTo(share, '%') : `${number(share * 100)} points`

/** Limits and level by number of questions, then what a person can do about what is missing. */
export function certifiableLines(rows: readonly CertifiableRow[], heldoutShare: number): string[] {
  if (rows.length === 0) return []
  return [
    'could be certified with the families at hand, if nothing breaks and nothing gets worse',
    ...rows.flatMap((row) => {
      const head = `   K=${row.questions} at level ${number(row.level)}${row.at_hand ? ' (as it would be asked)' : ''}`
      return [
        `${head}: ${row.suffices ? 'every declared limit' : 'not every declared limit'}`,
        ...grouped(row.limits).map(({ names, limit }) => `      ${names.join(', ')}: ${limitText(limit)}`),
      ]
    }),
    ...adviceLines(rows, heldoutShare),
  ]
}

/** Guardrails that say the same are one line. */
function grouped(limits: readonly CertifiableLimit[]): { names: string[]; limit: CertifiableLimit }[] {
  const groups = Map.groupBy(limits, ({ guardrail, ...rest }) => JSON.stringify([RATES.has(guardrail), rest]))
  return [...groups.values()].map((same) => ({ names: same.map((l) => l.guardrail), limit: same[0]! }))
}

function limitText(limit: CertifiableLimit): string {
  const { families, smallest, wanted, more } = limit
  const what = RATES.has(limit.guardrail) ? 'violations' : 'a drop'
  const can = smallest === null ? 'nothing' : `${what} < ${shareText(limit, smallest)}`
  const asked = `< ${RATES.has(limit.guardrail) ? `${number(wanted * 100)} %` : `${number(wanted * 100)} points`}`
  const need = more === null ? `no number certifies ${asked}` : `to certify ${asked} you need ${more} more`
  return `with ${families} families: ${can}${more === 0 ? `, and ${asked} is wanted` : `; ${need}`}`
}

/** What mends it: families, or limits that the families at hand carry. */
export function adviceLines(rows: readonly CertifiableRow[], heldoutShare: number): string[] {
  const [fewest] = rows
  if (!fewest) return []
  const short = fewest.limits.filter((l) => l.more !== 0)
  if (short.length === 0) {
    const best = rows.findLast((r) => r.suffices)!
    return [
      `   these families carry ${best.questions} question${best.questions === 1 ? '' : 's'} at the declared limits`,
    ]
  }
  const more = short.map((l) => l.more).reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), 0)
  const limits = short.flatMap((limit) => (limit.smallest === null ? [] : [declaration(limit, limit.smallest)]))
  return [
    ...(more === null
      ? []
      : [
          `   either   import about ${Math.ceil(more / heldoutShare)} more families, of which ${number(heldoutShare * 100)} % are sealed (${more})`,
        ]),
    ...(limits.length === 0
      ? []
      : [
          `${more === null ? '   only     ' : '   or       '}declare with scoring.questions 1: ${limits.join(', ')}: weaker statements, for the people who sign to weigh`,
        ]),
  ]
}

/** `policy.max_violation_rate 0.015`: a limit as the target says it. */
function declaration({ guardrail, field }: CertifiableLimit, smallest: number): string {
  const share = roundedUp(smallest)
  const value = field !== 'min' ? share : guardrail === 'utility_delta' ? -share : 1 - share
  return `guardrails.${guardrail}.${field} ${Number(value.toFixed(3))}`
}

/** Three digits, rounded up: what is declared must not be smaller than what can be certified. */
const roundedUp = (share: number): number => Math.ceil(share * 1000 - 1e-9) / 1000

/** How code of a user's is held here; `better`: what would hold it better. */
export const cageTableLines = (held: Held, better: string | null): string[] => [
  ...cageLines(held).map((line) => `caged    ${line}`),
  ...(better ? [`   better   ${better}`] : []),
]
