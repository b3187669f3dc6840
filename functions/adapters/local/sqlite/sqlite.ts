/** `node:sqlite`, without the line on stderr by which Node 22 calls it experimental whenever it is loaded. */

export const { DatabaseSync } = quietly(() => process.getBuiltinModule('node:sqlite'))
export type DatabaseSync = InstanceType<typeof DatabaseSync>

function quietly<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}
