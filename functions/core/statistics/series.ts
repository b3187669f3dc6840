/** Lists of cases and measures as everything that counts reads them: by index, whether they lie in an array, in columns or on disk. */

/** A list read by index. Every array is one; `at` may make its value anew each time. */
export interface Series<T> extends Iterable<T> {
  readonly length: number
  at(index: number): T | undefined
  /** One field of its values by index, where reading it alone is cheaper than making the whole value. */
  field?<N extends keyof T>(name: N): (index: number) => T[N]
}

/** Reads one field of the values of a series, by an index of the series. */
export const fieldOf = <T, N extends keyof T>(series: Series<T>, name: N): ((index: number) => T[N]) =>
  series.field?.(name) ?? ((index) => series.at(index)![name])

/** The same of a series that may lack values: undefined where it does. */
export const fieldIfThere = <T extends object, N extends keyof T>(
  series: Series<T | null>,
  name: N,
): ((index: number) => T[N] | undefined) =>
  // A series with fields has a value at every index.
  (series as Series<T>).field?.(name) ?? ((index) => series.at(index)?.[name])

/** So many values, each made whenever it is read. */
export const seriesOf = <T>(length: number, make: (index: number) => T): Series<T> => ({
  length,
  at: (index) => (index >= 0 && index < length ? make(index) : undefined),
  *[Symbol.iterator]() {
    for (let i = 0; i < length; i++) yield make(i)
  },
})

/** What a function makes of each value of a series. */
export const mapped = <T, R>(series: Series<T>, make: (value: T) => R): Series<R> =>
  seriesOf(series.length, (index) => make(series.at(index)!))
