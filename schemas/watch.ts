/** Names of what is counted, as CloudWatch shows it. Shared by the functions that count and the alarms that look. */

/** CloudWatch namespace of our own metrics where no deployment names its own; the dimension `service` is the name of the step. */
export const NAMESPACE = 'Autotune'

/** Metric names. Counts unless a unit is said. */
export const COUNTED = {
  /** Shards that a round asks to be replayed. */
  replayShards: 'ReplayShards',
  /** Runs that ended with a verdict. */
  verdict: (verdict: string) => `Verdict-${verdict}`,
  /** Age of the oldest lock in hours; 0 where none is held. */
  oldestLockHours: 'OldestLockHours',
  /** Intents whose every sealed version has answered its last question. */
  spentIntents: 'SpentIntents',
} as const
