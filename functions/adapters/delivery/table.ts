/** Every form that routing is delivered in. A new one is a file beside this one, its name in `schemas/forms.ts` and a line here: exports, files, deployments and their tests follow. */
import type { FormName } from '#schemas/forms.ts'
import { appconfig } from './appconfig.ts'
import { env } from './env.ts'
import { flagd } from './flagd.ts'
import type { Form } from './form.ts'
import { plain } from './plain.ts'

export const FORMS: Readonly<Record<FormName, Form>> = { json: plain, appconfig, flagd, env }
