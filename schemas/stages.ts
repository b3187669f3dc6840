/** Stages of a rollout and the periods of production. Apart from their contracts, so that what only counts them bundles no zod. */

/** The five stages, verbatim and in order (the article's "Pack Rollout in Five Stages"). */
export const STAGES = ['0%_shadow', '1%_internal', '5%_low_risk', '25%_monitored', '100%'] as const

/**
 * Most that a stage may give the candidate when its cohort names no attributes, as a share 0..1: the number in its
 * name.
 */
export const STAGE_SHARE: Readonly<Record<(typeof STAGES)[number], number>> = {
  '0%_shadow': 0,
  '1%_internal': 0.01,
  '5%_low_risk': 0.05,
  '25%_monitored': 0.25,
  '100%': 1,
}

/** When a production run happened: a stage, or the window watched after the release. */
export const PERIODS = [...STAGES, 'window'] as const

/** One of `PERIODS`. */
export type Period = (typeof PERIODS)[number]

/**
 * `risk_class`, lowest first: the five approval modes (the article's Intent-Task Catalog). The daily run queues at most
 * one run an intent and class.
 */
export const RISK_CLASSES = ['read_only', 'local_write', 'network', 'delegated', 'destructive'] as const

/** The `subjects` that `rollout start` writes into a configuration that declares none, so that they are signed like the rest. */
export const SUBJECT_RULES = { window_hours: 24, outcome_hours: 24, max_runs: 20, max_crossed_share: 0.02 }
