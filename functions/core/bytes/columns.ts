/** How values lie in bytes of a fixed width. A record is a column of named columns. */

/** A value at a place of a view. */
export interface Column<T> {
  /** Width. */
  readonly bytes: number
  write(view: DataView, at: number, value: T): void
  read(view: DataView, at: number): T
}

/** A number that is always there, such as a position. */
export const number: Column<number> = {
  bytes: 8,
  write: (view, at, value) => view.setFloat64(at, value),
  read: (view, at) => view.getFloat64(at),
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

/**
 * A record of columns, in their order. Reader and writer are compiled: a property whose name is written out is read and set
 * some eight times as fast as one whose name comes out of a list, and a search does little else.
 * @param columns by the name of their property: an identifier of this program, never a text from outside
 */
export function record<T extends object>(columns: { readonly [N in keyof T]: Column<T[N]> }): Column<T> {
  const all: Column<unknown>[] = Object.values(columns)
  let bytes = 0
  const fields = Object.keys(columns).map((name, i) => {
    const field = { name, column: `column${i}`, place: `at + ${bytes}` }
    bytes += all[i]!.bytes
    return field
  })
  const reads = fields.map(({ name, column, place }) => `${name}: ${column}.read(view, ${place})`)
  const writes = fields.map(({ name, column, place }) => `${column}.write(view, ${place}, value.${name})`)
  const compiled = new Function(
    ...fields.map(({ column }) => column),
    `return { read: (view, at) => ({ ${reads} }), write(view, at, value) { ${writes.join('; ')} } }`,
  )
  return { bytes, ...(compiled(...all) as Pick<Column<T>, 'read' | 'write'>) }
}
