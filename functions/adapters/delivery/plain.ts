/** Routing as it is: the document that `assignArm` reads. */
import { canonical } from '#core/canonical.ts'
import type { Form } from './form.ts'

export const plain: Form = {
  is: 'routing document',
  ending: 'json',
  textOf: (routing) => `${canonical(routing)}\n`,
}
