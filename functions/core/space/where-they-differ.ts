/** Two values of a setting side by side, where there is room for the beginning of a text alone. */

import type { Patch } from '#schemas/common.ts'

/** How much is shown. */
interface Room {
  /** Longest text that is shown from its beginning. */
  readonly most: number
  /** Characters that are kept before the two differ. */
  readonly before: number
  /** What stands for what is left out at the beginning. */
  readonly mark: string
}

/** Both texts; of long ones that begin alike, from a few words before they differ. Neither is cut at its end. */
export function whereTheyDiffer(from: string, to: string, { most, before, mark }: Room): [from: string, to: string] {
  let alike = 0
  while (alike < from.length && from[alike] === to[alike]) alike++
  const isLong = Math.max(from.length, to.length) > most
  const start = isLong && alike > before ? from.lastIndexOf(' ', alike - before) + 1 : 0
  return start === 0 ? [from, to] : [`${mark}${from.slice(start)}`, `${mark}${to.slice(start)}`]
}

const LONGEST = 160
/** The beginning of a long text; a short one as it is. */
export const cut = (text: string, most = LONGEST): string => (text.length > most ? `${text.slice(0, most)}…` : text)

/** Two texts as a sentence has room for them. */
export const bothCut = (from: string, to: string): [from: string, to: string] => {
  const [before, after] = whereTheyDiffer(from, to, { most: 80, before: 20, mark: '… ' })
  return [cut(before), cut(after)]
}

/**
 * A reason of a replay with the part of a text that a patch changes. As artifacts have it, it names the first 80 characters of what
 * nobody recorded, which are often those of the baseline.
 */
export const sayingWhatDiffers = (reason: string, patch: Patch): string =>
  reason.replace(/no recording under (\S+) = [\s\S]*$/, (said, path: string) => {
    const { from, to } = patch[path] ?? {}
    if (typeof from !== 'string' || typeof to !== 'string' || to.length <= 80) return said
    const [before, after] = bothCut(from, to)
    return `no recording under ${path} with "${after}" in place of "${before}"`
  })
