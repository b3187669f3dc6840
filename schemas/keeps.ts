/**
 * Whether a value keeps a contract as it stands, told without a copy of it. A parse builds every object of a run anew and costs a third
 * of what reading a trace does; nearly every run is right, and what is wrong with another one the contract itself says.
 */
import type * as z from 'zod'

/** Takes a value that the contract would hand back equal; false: the contract has to be asked. */
type Keeps = (value: unknown) => boolean

type Schema = z.core.$ZodTypes
type Check = z.core.$ZodCheck<unknown>

/**
 * Made once of each contract: what it holds is looked up here, not at each value.
 *
 * @param also is asked of each text, and of each value of which the contract says nothing
 */
export function keepsOf(contract: z.ZodType, also: Keeps = () => true): Keeps {
  return made(contract as unknown as Schema, also)
}

function made(schema: Schema, also: Keeps): Keeps {
  const { checks = [] } = schema._zod.def as { readonly checks?: readonly Check[] }
  // A number or text of a format is the check of it.
  const own = '_zod' in schema && 'check' in schema._zod ? [schema as unknown as Check] : []
  const keeps = [...own, ...checks].reduce((before, check) => both(before, checkOf(check)), shapeOf(schema, also))
  return schema._zod.def.type === 'unknown' ? both(keeps, also) : keeps
}

const both =
  (a: Keeps, b: Keeps): Keeps =>
  (value) =>
    a(value) && b(value)

/** A check as a look at the value; those that come a hundred times a run without the parcel that a check answers in. */
function checkOf(check: Check): Keeps {
  const def = check._zod.def as
    | z.core.$ZodCheckMinLengthDef
    | z.core.$ZodCheckMaxLengthDef
    | z.core.$ZodCheckLessThanDef
    | z.core.$ZodCheckGreaterThanDef
    | z.core.$ZodCheckNumberFormatDef
    | z.core.$ZodCheckRegexDef
    | z.core.$ZodCustomDef
  switch (def.check) {
    case 'less_than':
      return (value) =>
        def.inclusive ? (value as number) <= (def.value as number) : (value as number) < (def.value as number)
    case 'greater_than':
      return (value) =>
        def.inclusive ? (value as number) >= (def.value as number) : (value as number) > (def.value as number)
    case 'number_format':
      return def.format === 'safeint' ? Number.isSafeInteger : asked(check)
    case 'min_length':
      return (value) => (value as string).length >= def.minimum
    case 'max_length':
      return (value) => (value as string).length <= def.maximum
    case 'string_format': {
      const { pattern } = def
      // One with a memory goes on where it stopped.
      return def.format !== 'regex' || pattern.global || pattern.sticky
        ? asked(check)
        : (value) => pattern.test(value as string)
    }
    case 'custom':
      // A rule over several fields has no function of its own.
      return def.fn ? (value) => def.fn(value) === true : asked(check)
    default:
      return asked(check)
  }
}

const asked =
  (check: Check): Keeps =>
  (value) => {
    const parcel: z.core.ParsePayload = { value, issues: [] }
    return check._zod.check(parcel) === undefined && parcel.issues.length === 0 && parcel.value === value
  }

/** Of a kind that is not listed no value is taken: then the contract is asked, and nothing is lost but time. */
function shapeOf(schema: Schema, also: Keeps): Keeps {
  const { def } = schema._zod
  switch (def.type) {
    case 'string':
      return (value) => typeof value === 'string' && also(value)
    case 'number':
      return (value) => typeof value === 'number' && Number.isFinite(value)
    case 'boolean':
      return (value) => typeof value === 'boolean'
    case 'unknown':
      return () => true
    case 'literal':
      return among(def.values)
    case 'enum':
      return among(Object.values(def.entries))
    case 'nullable':
      return either((value) => value === null, made(def.innerType as Schema, also))
    case 'optional':
      return either((value) => value === undefined, made(def.innerType as Schema, also))
    case 'default':
      return made(def.innerType as Schema, also)
    case 'array':
      return arrayOf(made(def.element as Schema, also))
    case 'record':
      return recordOf(made(def.keyType as Schema, also), made(def.valueType as Schema, also))
    case 'object':
      return def.catchall?._zod.def.type === 'never'
        ? objectOf(def.shape as Readonly<Record<string, Schema>>, also)
        : never
    case 'union':
      return unionOf(def.options as readonly Schema[], (def as { readonly discriminator?: string }).discriminator, also)
    default:
      return never
  }
}

const never: Keeps = () => false

function among(values: Iterable<unknown>): Keeps {
  const known = new Set(values)
  return (value) => known.has(value)
}

const either =
  (a: Keeps, b: Keeps): Keeps =>
  (value) =>
    a(value) || b(value)

function arrayOf(element: Keeps): Keeps {
  return (value) => {
    if (!Array.isArray(value)) return false
    for (let i = 0; i < value.length; i++) if (!element(value[i])) return false
    return true
  }
}

type Fields = Readonly<Record<string, unknown>>

/** An object whose names are its own: what a `for` over it finds is what it holds. */
function isPlain(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function recordOf(key: Keeps, of: Keeps): Keeps {
  return (value) => {
    if (!isPlain(value)) return false
    for (const name in value) if (name === '__proto__' || !key(name) || !of(value[name])) return false
    return true
  }
}

function objectOf(shape: Readonly<Record<string, Schema>>, also: Keeps): Keeps {
  const fields = Object.entries(shape).map(([name, schema]) => ({
    name,
    keeps: made(schema, also),
    needed: schema._zod.def.type === 'optional' ? 0 : 1,
  }))
  const places = new Map(fields.map(({ name }, at) => [name, at]))
  const all = fields.reduce((sum, { needed }) => sum + needed, 0)
  return (value) => {
    if (!isPlain(value)) return false
    let missing = all
    let next = 0
    for (const name in value) {
      // Whoever makes them names most of them in the order of the contract.
      const at = fields[next]?.name === name ? next : places.get(name)
      const field = at === undefined ? undefined : fields[at]!
      if (field === undefined || !field.keeps(value[name])) return false
      missing -= field.needed
      next = at! + 1
    }
    return missing === 0
  }
}

function unionOf(options: readonly Schema[], by: string | undefined, also: Keeps): Keeps {
  if (by === undefined) {
    const each = options.map((option) => made(option, also))
    return (value) => each.some((keeps) => keeps(value))
  }
  const byName = new Map(
    options.flatMap((option) => {
      const keeps = made(option, also)
      return [...(option._zod.propValues?.[by] ?? [])].map((name) => [name as unknown, keeps] as const)
    }),
  )
  return (value) => isPlain(value) && (byName.get(value[by])?.(value) ?? false)
}
