/** Which file the system refused: an error of an open descriptor, or of SQLite, does not say. */

/** An error that names `path`, instead of none or of the temporary file beside it. Anything but an error of the system is as it was. */
export function namingPath(error: unknown, path: string): unknown {
  return error instanceof Error && 'code' in error ? Object.assign(error, { path }) : error
}

/** Does something with a file; an error of the system names `path`. */
export function atPath<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw namingPath(error, path)
  }
}

/** What tells an error of the system from others, for an error that goes to another thread or process. */
export function systemPart(error: Error): object {
  const { code, path, errcode } = error as Error & { code?: unknown; path?: unknown; errcode?: unknown }
  return code === undefined ? {} : { code, path, errcode }
}
