/** What memory holds, in lines: what was said no to, under what, and who has it forgotten. Values in, lines out. */
import { patchDigest } from '#core/space/lattice.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { count } from '../pages/kit/format.ts'
import { shortId } from '../steps/run/forget.ts'
import type { Remembered } from '../steps/run/memory.ts'
import { clip, patchLine } from './text.ts'

/** Entries that are shown. */
const SHOWN = 20

/** A change, or how many a sealed version was asked about. */
export const patchesLine = ({ patches }: Pick<RejectionRecord, 'patches'>): string =>
  `${patchLine(patches[0]!)}${patches.length === 1 ? '' : ` and ${patches.length - 1} more`}`

/** An entry as `--json` prints it. */
export const rememberedObject = ({ record, lift }: Remembered) => ({ ...record, lifted: lift })

/**
 * One entry: what, by whom, under what, and what lifted it.
 * @param patch digest of the change that is asked about
 */
export function rememberedLines({ record, lift }: Remembered, patch?: string): string[] {
  const { source, run_id, under, patches, reasons } = record
  const at = patch === undefined ? -1 : patches.findIndex((one) => patchDigest(one) === patch)
  const reason = reasons?.[at] ?? record.reason
  const limits = Object.entries(under?.guardrails ?? {}).map(([name, limit]) => `${name} ${JSON.stringify(limit)}`)
  const held = [...limits, ...(under ? [`to ${under.direction} ${under.metric}`] : [])]
  return [
    `   ${shortId(record)}  ${at < 0 ? patchesLine(record) : `${patchLine(patches[at]!)}${patches.length === 1 ? '' : ` and ${patches.length - 1} more`}`}`,
    `      ${source} in ${run_id}: ${clip(reason, 220)}`,
    ...(held.length > 0 ? [`      under ${held.join(', ')}`] : []),
    ...(lift ? [`      lifted by ${lift.person} at ${lift.at}: ${clip(lift.reason, 220)}`] : []),
  ]
}

/** What `list` says of memory: what people, production and sealed versions refused, whatever was lifted, and limits by id. */
export function memoryLines(all: readonly Remembered[]): string[] {
  if (all.length === 0) return []
  const told = all.filter(({ record, lift }) => record.source !== 'search_guardrail' || lift !== null)
  const limits = all.filter((entry) => !told.includes(entry))
  const lifted = all.filter(({ lift }) => lift !== null).length
  return [
    '',
    `memory: ${count(all.length - lifted, 'rejection')}, ${limits.length} of them limits on the search set; ${lifted} lifted`,
    ...told.slice(0, SHOWN).flatMap((entry) => rememberedLines(entry)),
    ...(told.length > SHOWN ? [`   and ${told.length - SHOWN} more (--json)`] : []),
    ...(limits.length > 0 ? ['   limits on the search set ("autotune forget ID --reason TEXT" lifts one):'] : []),
    ...limits.slice(0, SHOWN).map(({ record }) => `   ${shortId(record)}  ${patchesLine(record)} (${record.run_id})`),
    ...(limits.length > SHOWN ? [`   and ${limits.length - SHOWN} more (--json)`] : []),
  ]
}
