/** A thread of an import: prepares lines of native records. It opens no file of a store. */
import { answerQuestions } from '#adapters/local/threads/answer.ts'
import { prepareBlock } from './prepare-lines.ts'

answerQuestions(prepareBlock, ({ bytes }) => [bytes.buffer])
