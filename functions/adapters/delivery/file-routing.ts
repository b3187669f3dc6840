/** Publishes routing as files of a folder, one an intent, each there whole or not at all. */
import { dirname, join } from 'node:path'
import type { RoutingPublisher } from '#ports'
import type { FormName } from '#schemas/forms.ts'
import { segment } from '#schemas/s3-keys.ts'
import { replaceFile } from '../local/files/atomic-write.ts'
import { makeFolder } from '../local/files/make-folder.ts'
import { FORMS } from './forms.ts'

/** Who reads it is not who writes it: rights are those of the user's mask. */
const READABLE = 0o666

/** A file has one speed: what is published is in force at once. */
export function fileRouting(form: FormName, folder: string): RoutingPublisher {
  return {
    async publish(routing) {
      const { ending, textOf } = FORMS[form]
      const file = join(folder, `${segment(routing.intent)}.${ending}`)
      const text = textOf(routing)
      makeFolder(dirname(file))
      await replaceFile(dirname(file), file, text, true, READABLE)
    },
  }
}
