/** Lists of cases and measures as everything that counts reads them: by index, whether they lie in an array, in columns or on disk. */

/** A list read by index. Every array is one; `at` may make its value anew each time. */
export interface Series<T> extends Iterable<T> {
  readonly length: number
  at(index: number): T | undefined
}

/** What a function makes of each value of a series, made whenever it is read. */
export const mapped = <T, R>(series: Series<T>, make: (value: T) => R): Series<R> => ({
  length: series.length,
  at: (index) => (index < series.length ? make(series.at(index)!) : undefined),
  *[Symbol.iterator]() {
    for (const value of series) yield make(value)
  },
})

/** Values that are kept in blocks of equal size: a long column grows without ever being copied. */
export const BLOCK_SIZE = 1024
