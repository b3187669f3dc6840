/** Names of the forms that routing is delivered in. Shared by `lib` and `functions`. */

/** All of them. */
export const FORM_NAMES = ['json', 'appconfig', 'flagd', 'env'] as const
/** One of them. */
export type FormName = (typeof FORM_NAMES)[number]

/** Forms of a list with commas between, each once. @throws RangeError for what is none */
export function formsOf(list: string): FormName[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))]
  return names.map((name) => {
    const form = FORM_NAMES.find((one) => one === name)
    if (form === undefined) throw new RangeError(`"${name}" is no form: ${FORM_NAMES.join(', ')}`)
    return form
  })
}
