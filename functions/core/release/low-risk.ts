/** Which rollouts may not enter the low-risk stage as they are configured. */

import type { Rollout } from '#schemas/release.ts'
import { RISK_CLASSES } from '#schemas/stages.ts'

/** Above `local_write` an intent may widen at `5%_low_risk` only to a cohort whose attributes are named. */
export const needsLowRiskCohort = ({ risk_class, config }: Pick<Rollout, 'risk_class' | 'config'>): boolean =>
  RISK_CLASSES.indexOf(risk_class) > RISK_CLASSES.indexOf('local_write') &&
  config.stages['5%_low_risk'].cohort.where === null
