/** How values lie in bytes of a fixed width. A record is a column of named columns. */

/** A value at a place of a view. */
export interface Column<T> {
  /** Width. */
  readonly bytes: number
  write(view: DataView, at: number, value: T): void
  read(view: DataView, at: number): T
  /** Column and place of one field of a record. */
  field?<N extends keyof T>(name: N): { readonly column: Column<T[N]>; readonly offset: number }
}

/** A number that is always there, such as a position. */
export const number: Column<number> = {
  bytes: 8,
  write: (view, at, value) => view.setFloat64(at, value),
  read: (view, at) => view.getFloat64(at),
}

/** A whole number from 0 to 255. */
export const small: Column<number> = {
  bytes: 1,
  write: (view, at, value) => view.setUint8(at, value),
  read: (view, at) => view.getUint8(at),
}

/** A number or null, for which NaN stands: no amount is NaN. */
export const amount: Column<number | null> = {
  bytes: 8,
  write: (view, at, value) => view.setFloat64(at, value ?? Number.NaN),
  read(view, at) {
    const value = view.getFloat64(at)
    return Number.isNaN(value) ? null : value
  },
}

/** A number, null, or not there at all, for which infinity stands. */
export const sometimes = (column: Column<number | null>): Column<number | null | undefined> => ({
  bytes: column.bytes,
  write: (view, at, value) => column.write(view, at, value === undefined ? Number.POSITIVE_INFINITY : value),
  read(view, at) {
    const value = column.read(view, at)
    return value === Number.POSITIVE_INFINITY ? undefined : value
  },
})

/** One of at most 256 values; any other is taken for the first. */
export const oneOf = <const V>(values: readonly V[]): Column<V> => ({
  bytes: 1,
  write(view, at, value) {
    let code = values.length - 1
    while (code > 0 && values[code] !== value) code--
    view.setUint8(at, code)
  },
  read: (view, at) => values[view.getUint8(at)]!,
})

/** Yes, no or null. */
export const flag = oneOf([null, false, true])

/** Yes or no. */
export const yes = oneOf([false, true])

/** A record of columns, in their order. */
export function record<T extends object>(columns: { readonly [N in keyof T]: Column<T[N]> }): Column<T> {
  let bytes = 0
  const fields = Object.entries<Column<unknown>>(columns).map(([name, column]) => {
    const field = { name: name as keyof T, column: column as Column<T[keyof T]>, offset: bytes }
    bytes += column.bytes
    return field
  })
  return {
    bytes,
    field: <N extends keyof T>(name: N) =>
      fields.find((f) => f.name === name) as unknown as { readonly column: Column<T[N]>; readonly offset: number },
    write(view, at, value) {
      for (const { name, column, offset } of fields) column.write(view, at + offset, value[name])
    },
    read(view, at) {
      const value = {} as T
      for (const { name, column, offset } of fields) {
        const field = column.read(view, at + offset)
        // What is not there has no name either: a copy has the bytes of the original.
        if (field !== undefined) value[name] = field
      }
      return value
    },
  }
}
