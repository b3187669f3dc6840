/** Every form that routing is delivered in. A new one is a file beside this one and a line here: exports, files and their tests follow. */
import { appconfig } from './appconfig.ts'
import { env } from './env.ts'
import { flagd } from './flagd.ts'
import type { Form } from './form.ts'
import { plain } from './plain.ts'

export const FORMS = { json: plain, appconfig, flagd, env } as const satisfies Readonly<Record<string, Form>>

/** Name of a form. */
export type FormName = keyof typeof FORMS
