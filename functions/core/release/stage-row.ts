/** The making of rows: numbers as they are kept, and a rule about data that holds or keeps the rollout from going on. */
import type { StageRow } from '#schemas/release.ts'

/** Six digits: what is behind them differs with the order of a sum. */
export const tidy = (value: number): number =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : Number.MAX_VALUE

/** A part of 1 in points. */
export const points = (share: number): string => `${Number((share * 100).toPrecision(4))} points`

/** A rule about data: where it does not hold something is missing. */
export const dataRow = (
  rule: string,
  holds: boolean,
  observed: number | null,
  limit: number | null,
  note: string,
): StageRow => ({ rule, kind: 'data', verdict: holds ? 'good' : 'missing', observed, limit, note })
