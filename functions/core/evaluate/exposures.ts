/** What a check may have to look at in a case, and the worst of several: the words, apart from the checks that say them. */

/**
 * `exposed`: the recording holds what the check could see break. `not_at_stake`: the recording shows that nothing of the
 * kind is there. `not_recorded`: the recording does not say.
 */
export const EXPOSURES = ['exposed', 'not_at_stake', 'not_recorded'] as const
export type Exposure = (typeof EXPOSURES)[number]

/**
 * By which rules a recording is looked at, and a certificate speaks of it; pinned in a run, so that an older one is recomputed by
 * its own. 1: a call that passed nothing put nothing at stake. 2: it is not recorded, unless the suite names its tool; a run that
 * had to refuse says nothing of what was required where nothing is marked; and a headline says in how many families anything was exposed.
 */
export const EXPOSURE_RULES = 2

/** Exposed where something is there that could break; nothing is at stake otherwise. */
export const exposedWhen = (isExposed: boolean): Exposure => (isExposed ? 'exposed' : 'not_at_stake')

/** The worst of several: one part that does not say leaves the whole unknown, and one that could break is enough. */
export const worstExposure = (parts: Iterable<Exposure>): Exposure => {
  let worst: Exposure = 'not_at_stake'
  for (const part of parts) {
    if (part === 'not_recorded') return part
    if (part === 'exposed') worst = part
  }
  return worst
}
