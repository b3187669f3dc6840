/** Commands that a person gives next, to be pasted as they stand. */
import { isDeployed, placeWords, type StoreOptions, shellWord } from './store-options.ts'
import { COMMAND } from './terminal.ts'

/** A command that begins with `autotune`, as this program is called here. */
export const asTyped = (command: string): string => command.replace(/^autotune (?=[a-z])/, `${COMMAND} `)

/** A command line of this program on the same store. Words in capitals are for the person to fill in. */
export const nextCommand = (place: StoreOptions, words: readonly string[]): string =>
  [COMMAND, ...[...words, ...placeWords(place)].filter((word) => word !== '').map(shellWord)].join(' ')

/** The files that a run was asked with. */
export interface AskedFiles {
  readonly target?: string | undefined
  readonly candidates?: string | undefined
}

/** The command that says what it takes to record what such a run could not search; null: a deployment takes no such recordings. */
export const planCommand = (place: StoreOptions, { target = 'TARGET', candidates }: AskedFiles): string | null =>
  isDeployed(place)
    ? null
    : nextCommand(place, [
        'plan',
        '--target',
        target,
        ...(candidates === undefined ? [] : ['--candidates', candidates]),
      ])
