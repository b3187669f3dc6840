/** A library of prompt blocks as a person hands it over: every text must still be what was reviewed. */
import { blockProblems } from '#core/proposers/blocks.ts'
import { BlockLibrary } from '#schemas/block-library.ts'
import { UserError } from '../../errors.ts'
import { parseAs, parseJson } from './parse.ts'

/** Throws UserError with every block whose words were changed since. */
export function parseBlocks(text: string, file: string): BlockLibrary {
  const library = parseAs(BlockLibrary, parseJson(text, file), file)
  const problems = blockProblems(library)
  if (problems.length > 0) throw new UserError(problems.map((problem) => `${file}: ${problem}`).join('\n'))
  return library
}
