/** Commands that a person gives next, to be pasted as they stand. */
import { placeWords, type StoreOptions, shellWord } from './store-options.ts'
import { COMMAND } from './terminal.ts'

/** A command that begins with `autotune`, as this program is called here. */
export const asTyped = (command: string): string => command.replace(/^autotune (?=[a-z])/, `${COMMAND} `)

/** A command line of this program on the same store. Words in capitals are for the person to fill in. */
export const nextCommand = (place: StoreOptions, words: readonly string[]): string =>
  [COMMAND, ...[...words, ...placeWords(place)].filter((word) => word !== '').map(shellWord)].join(' ')
