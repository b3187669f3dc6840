/** How long a person's word under a declaration holds at most: whoever gives it looks again once a year. */
import { instantAfter } from '../instant.ts'

const DAYS = 366

/** The last day on which a word that is given on a day may hold. */
export const longestWord = (on: string): string => instantAfter(`${on}T00:00:00.000Z`, DAYS * 24).slice(0, 10)
