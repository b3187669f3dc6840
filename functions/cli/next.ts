/** Commands that a person gives next, to be pasted as they stand. */
import { STORE_FOLDER, type StoreOptions, shellWord } from './store-options.ts'
import { COMMAND } from './terminal.ts'

/** A command that begins with `autotune`, as this program is called here. */
export const asTyped = (command: string): string => command.replace(/^autotune (?=[a-z])/, `${COMMAND} `)

/** A command line of this program on the same store. Words in capitals are for the person to fill in. */
export function nextCommand({ store, stack }: StoreOptions, words: readonly string[]): string {
  const place = stack !== undefined ? ['--stack', stack] : store === STORE_FOLDER ? [] : ['--store', store]
  return [COMMAND, ...[...words, ...place].filter((word) => word !== '').map(shellWord)].join(' ')
}
